/* Memory that runs out when a test wants it to: the nth allocation fails, in the
** core, in libcurl, and in whatever asks shortage_denies().
**
** For one test program, whose linker leads malloc, calloc and free here (see
** the Makefile). shortage_begin() comes first, and leads libcurl's here too.
** Blocks are counted, so that a test sees what was left behind.
*/
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The main thread's alone: a test's server allocates nothing. */
static struct {
  long left;    /* allocations that succeed; -1: all */
  bool lasting; /* whether those after the first that fails fail, too */
  bool failed;  /* one did */
  long blocks;  /* allocated and not freed */
} memory = { -1, false, false, 0 };

void *__real_malloc (size_t size);
void *__real_calloc (size_t count, size_t size);
void __real_free (void *block);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t count, size_t size);
void __wrap_free (void *block);


/* Returns true if the next allocation fails. */
static bool shortage_denies (void) {
  if (memory.left != 0) {
    if (memory.left > 0) memory.left--;
    return false;
  }
  if (!memory.lasting) memory.left = -1;
  memory.failed = true;
  return true;
}


static void *counted (void *block) {
  if (block != NULL) memory.blocks++;
  return block;
}


void *__wrap_malloc (size_t size) {
  return shortage_denies() ? NULL : counted(__real_malloc(size));
}


void *__wrap_calloc (size_t count, size_t size) {
  return shortage_denies() ? NULL : counted(__real_calloc(count, size));
}


void __wrap_free (void *block) {
  if (block != NULL) memory.blocks--;
  __real_free(block);
}


static void *resize (void *block, size_t size) {
  if (block == NULL) return __wrap_malloc(size);
  return shortage_denies() ? NULL : realloc(block, size);
}


static char *duplicate (const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = (char *)__wrap_malloc(size);
  return copy == NULL ? NULL : (char *)memcpy(copy, text, size);
}


/* No thread starts when memory is short: without memory for an address libcurl
** asks a resolver in a thread, which would free its own some time later. */
__attribute__((visibility("default")))
int pthread_create (pthread_t *thread, const pthread_attr_t *attributes,
                    void *(*run) (void *), void *data) {
  int (*create) (pthread_t *, const pthread_attr_t *, void *(*) (void *),
                 void *);
  if (memory.failed) return EAGAIN;
  *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, run, data);
}


/* Lets the nth allocation from now on fail, n = 1, 2, ... */
static void shortage_at (long n, bool lasting) {
  memory.left = n - 1;
  memory.lasting = lasting;
  memory.failed = false;
}


static void shortage_over (void) {
  memory.left = -1;
}


static void shortage_begin (void) {
  (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, __wrap_malloc, __wrap_free,
                             resize, duplicate, __wrap_calloc);
}

#endif
