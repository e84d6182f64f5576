/* Numbers that look random and are the same in every run. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* Bits that are shifted out are meant to be lost. */
#ifdef __clang__
#define RANDOM_WRAPS __attribute__((no_sanitize("integer")))
#else
#define RANDOM_WRAPS
#endif

static uint64_t random_state = 1;


RANDOM_WRAPS static inline void random_seed (uint64_t seed) {
  random_state = seed * 0x9E3779B97F4A7C15u + 1;
}


/* From 0 to below - 1. */
RANDOM_WRAPS static inline uint32_t random_below (uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 32) % below;
}


/* Changes some bytes; seldom, none. */
static inline void random_damage (char *bytes, uint32_t size) {
  uint32_t changes = random_below(4), i;
  for (i = 0; size > 0 && i < changes; i++)
    bytes[random_below(size)] = (char)random_below(256);
}

#endif
