/* The worker's end of its pipes: frames in and out, and the time spent waiting. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "system/write.h"
#include "worker.h"

#define PIECE ((size_t)64 * 1024)  /* bytes read or written at once */
#define ROOM (MDE_FRAME_MOST + MDE_FRAME_HEAD + PIECE)

static char input[ROOM];
static size_t taken, got;  /* bytes of the input: in frames already read; in all */
static char output_room[ROOM];
static mde_frames output = { output_room, 0, ROOM, ROOM };
static volatile size_t whole;  /* bytes of the output in complete frames */
static volatile sig_atomic_t flushing, waiting;
static volatile double waited, wait_began_at;  /* seconds */


/* A signal handler may call the functions that read these variables; nothing here uses stdio. */
void mde_channel_wait (bool begins) {
  struct timespec time;
  double now;
  clock_gettime(CLOCK_MONOTONIC, &time);
  now = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
  if (begins) wait_began_at = now;
  else waited += now - wait_began_at;
  waiting = begins;
}


bool mde_channel_is_waiting (void) {
  return waiting != 0;
}


double mde_channel_waited (void) {
  return waited;
}


static void send_whole (void) {
  if (!mde_write_all(STDOUT_FILENO, output.data, whole)) _exit(MDE_END_ALONE);
}


void mde_channel_flush (void) {
  flushing = 1;
  mde_channel_wait(true);
  send_whole();
  mde_channel_wait(false);
  mde_frames_drop(&output, whole);
  whole = 0;
  flushing = 0;
}


void mde_channel_exit (int status) {
  if (!flushing) send_whole();
  _exit(status);
}


mde_frames *mde_channel_begin (char kind) {
  if (whole > PIECE) mde_channel_flush();
  output.size = whole;
  mde_frame_begin(&output, kind);
  return &output;
}


void mde_channel_end (void) {
  if (!mde_frame_end(&output, whole)) mde_channel_exit(MDE_END_GARBLED);
  atomic_signal_fence(memory_order_seq_cst);
  whole = output.size;
}


static size_t receive (char *bytes, size_t size) {
  ssize_t count;
  mde_channel_wait(true);
  do count = read(STDIN_FILENO, bytes, size);
  while (count < 0 && errno == EINTR);
  mde_channel_wait(false);
  if (count <= 0) _exit(MDE_END_ALONE);
  return (size_t)count;
}


void mde_channel_fill (void *bytes, size_t size) {
  size_t filled = 0;
  while (filled < size) filled += receive((char *)bytes + filled, size - filled);
}


mde_frame mde_channel_read (void) {
  mde_frame frame;
  for (;;) {
    switch (mde_frame_find(input + taken, got - taken, &frame)) {
      case MDE_FRAME_WHOLE:
        taken += MDE_FRAME_HEAD + frame.size;
        return frame;
      case MDE_FRAME_GARBLED: mde_channel_exit(MDE_END_GARBLED);
      case MDE_FRAME_PART: break;
    }
    mde_channel_flush();
    got -= taken;
    memmove(input, input + taken, got);
    taken = 0;
    got += receive(input + got, sizeof input - got);
  }
}
