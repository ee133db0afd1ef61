// SQLite. SQLITE_TRANSIENT is a cast that Swift does not see: what is bound is copied at once.
#ifndef RUNG_CSQLITE_SHIM_H
#define RUNG_CSQLITE_SHIM_H
#include <sqlite3.h>

static inline int rung_bind_text(sqlite3_stmt *statement, int place, const char *text, int bytes) {
  return sqlite3_bind_text(statement, place, text, bytes, SQLITE_TRANSIENT);
}
#endif
