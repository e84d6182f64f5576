/* Tests parsing of header lines. */
#include "core/headers.h"

#include "tap.h"


static const char *add (mde_headers *headers, const char *line) {
  return mde_headers_add(headers, line, strlen(line));
}


static bool is (const mde_bytes *bytes, const char *text) {
  return bytes->length == strlen(text)
         && memcmp(bytes->data, text, bytes->length) == 0;
}


static void test_lines (void) {
  mde_headers headers = { .list = NULL };
  (void)add(&headers, "HTTP/1.1 200 OK\r\n");
  (void)add(&headers, "Content-TYPE: Text/Plain \t\r\n");
  (void)add(&headers, " folded: rest\r\n");
  (void)add(&headers, "no colon\r\n");
  (void)add(&headers, "X-Empty:\r\n");
  (void)add(&headers, "x-bare:\tvalue\n");
  (void)add(&headers, "\r\n");
  check(mde_headers_split(&headers) && headers.count == 3,
        "only lines with a name count");
  check(is(&headers.list[0].name, "content-type")
        && is(&headers.list[0].value, "Text/Plain"),
        "names get lower case, values keep theirs and lose blanks");
  check(is(&headers.list[1].name, "x-empty") && is(&headers.list[1].value, ""),
        "an empty value");
  check(is(&headers.list[2].name, "x-bare") && is(&headers.list[2].value, "value"),
        "a line that ends without CR");
  mde_headers_free(&headers);
}


static void test_interim (void) {
  mde_headers headers = { .list = NULL };
  (void)add(&headers, "HTTP/1.1 103 Early Hints\r\n");
  (void)add(&headers, "Link: early\r\n");
  (void)add(&headers, "\r\n");
  (void)add(&headers, "HTTP/1.1 200 OK\r\n");
  check(memchr(headers.text.data, 'l', 15) == NULL,
        "a status line overwrites what came before it");
  (void)add(&headers, "Date: today\r\n");
  check(mde_headers_split(&headers) && headers.count == 1
        && is(&headers.list[0].name, "date"),
        "  and drops it");
  mde_headers_free(&headers);
}


static void test_maximum (void) {
  mde_headers headers = { .list = NULL };
  const char *wrong = NULL;
  char line[1024];
  int lines;
  memset(line, 'a', sizeof line);
  line[1] = ':';
  line[sizeof line - 1] = '\n';
  for (lines = 0; lines < 1000 && wrong == NULL; lines++)
    wrong = mde_headers_add(&headers, line, sizeof line);
  check(lines == 65 && strcmp(wrong, "too_large") == 0,
        "more than 64 KiB are too large");
  mde_headers_free(&headers);
}


static void test_none (void) {
  mde_headers headers = { .list = NULL };
  check(mde_headers_split(&headers) && headers.count == 0, "no lines at all");
  mde_headers_free(&headers);
}


int main (void) {
  tap_begin();
  test_lines();
  test_interim();
  test_maximum();
  test_none();
  return tap_end();
}
