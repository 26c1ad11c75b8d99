// A narrow door to the MySQL client library: login, TLS and packet framing.
//
// No type of the library leaks out, so that either client library can stand behind it. A handle is
// used by one thread at a time; only frazil_mysql_unblock may be called from another.
#ifndef FRAZIL_CMYSQLCLIENT_H
#define FRAZIL_CMYSQLCLIENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct frazil_mysql frazil_mysql;

enum {
    FRAZIL_MYSQL_TLS_OFF = 0,
    FRAZIL_MYSQL_TLS_PREFERRED = 1,
    FRAZIL_MYSQL_TLS_REQUIRED = 2,
    FRAZIL_MYSQL_TLS_VERIFY = 3,
    // What the client library reports when TLS fails; also used where it does not notice.
    FRAZIL_MYSQL_TLS_FAILED = 2026
};

typedef struct {
    const char *host;
    const char *user;
    const char *password;
    const char *socket_path;        // NULL: TCP
    const char *authority_path;     // NULL: the system's certificates
    unsigned int port;
    unsigned int connect_timeout_seconds;
    unsigned int read_timeout_seconds;
    unsigned int write_timeout_seconds;
    unsigned long packet_bytes_max;
    int tls;
} frazil_mysql_options;

typedef struct {
    const char *name;
    unsigned int name_length;
    unsigned int type;
    unsigned int collation;
    unsigned int flags;
    unsigned int decimals;
} frazil_mysql_column;

// Connects. On failure returns NULL and fills the error's number and text.
frazil_mysql *frazil_mysql_connect(const frazil_mysql_options *options, unsigned int *error_number,
                                   char *error_text, size_t error_capacity);
void frazil_mysql_close(frazil_mysql *handle);

// Makes a blocked read on another thread return with an error.
void frazil_mysql_unblock(frazil_mysql *handle);

const char *frazil_mysql_server_version(frazil_mysql *handle);
unsigned int frazil_mysql_error_number(frazil_mysql *handle);
const char *frazil_mysql_error_text(frazil_mysql *handle);

// Runs one statement and keeps its result until the next one. Returns 0, or 1 on an error.
int frazil_mysql_query(frazil_mysql *handle, const char *sql, size_t length);
// Steps to the next row of the kept result. Returns the number of columns, or 0 at the end. Values
// are NULL for SQL NULL, and valid until the next query.
unsigned int frazil_mysql_next_row(frazil_mysql *handle, const char *const **values,
                                   const unsigned long **lengths);

// Sends a command without reading an answer. Returns 0, or 1 on an error.
int frazil_mysql_command(frazil_mysql *handle, int command, const uint8_t *argument,
                         size_t length);
// Reads one packet; the bytes are valid until the next read. Returns 1, 0 at an EOF packet, or -1.
int frazil_mysql_read_packet(frazil_mysql *handle, const uint8_t **bytes, size_t *length);
// Waits until bytes can be read. Returns 1 when some can, 0 on a timeout.
int frazil_mysql_wait(frazil_mysql *handle, int timeout_milliseconds);

// Prepares and executes a statement whose rows are then read as packets of the binary protocol.
// Returns 0, or 1 on an error.
int frazil_mysql_statement_open(frazil_mysql *handle, const char *sql, size_t length);
unsigned int frazil_mysql_statement_column_count(frazil_mysql *handle);
// Describes a column of the open statement. Returns 0, or 1 when there is no such column.
int frazil_mysql_statement_column(frazil_mysql *handle, unsigned int index,
                                  frazil_mysql_column *column);
// Ends the statement; all its packets must have been read.
void frazil_mysql_statement_close(frazil_mysql *handle);

#endif
