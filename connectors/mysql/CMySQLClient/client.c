#include "CMySQLClient.h"

#include <mysql.h>

#include <ma_pvio.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// What ma_net_safe_read returns on an error; the header's ~(unsigned long) 0 is not what arrives.
#define FRAZIL_PACKET_ERROR 0xFFFFFFFFu

struct frazil_mysql {
    MYSQL *mysql;
    MYSQL_RES *result;
    MYSQL_STMT *statement;
    MYSQL_RES *metadata;
    unsigned int statement_error_number;
    char statement_error_text[512];
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void start_library(void) { mysql_server_init(0, NULL, NULL); }

static void copy_text(char *target, size_t capacity, const char *source) {
    if (capacity == 0) return;
    size_t length = source ? strlen(source) : 0;
    if (length >= capacity) length = capacity - 1;
    if (length > 0) memcpy(target, source, length);
    target[length] = 0;
}

static void set_options(MYSQL *mysql, const frazil_mysql_options *options) {
    my_bool yes = 1, no = 0;
    unsigned int local_infile = 0;
    unsigned long packet_bytes_max = options->packet_bytes_max;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &options->connect_timeout_seconds);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &options->read_timeout_seconds);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &options->write_timeout_seconds);
    mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_bytes_max);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (options->tls != FRAZIL_MYSQL_TLS_OFF) {
        mysql_ssl_set(mysql, NULL, NULL, options->authority_path, NULL, NULL);
        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
                      options->tls == FRAZIL_MYSQL_TLS_VERIFY ? &yes : &no);
    }
}

frazil_mysql *frazil_mysql_connect(const frazil_mysql_options *options, unsigned int *error_number,
                                   char *error_text, size_t error_capacity) {
    pthread_once(&library_once, start_library);
    frazil_mysql *handle = calloc(1, sizeof *handle);
    MYSQL *mysql = handle ? mysql_init(NULL) : NULL;
    if (!mysql) {
        free(handle);
        *error_number = 2008;
        copy_text(error_text, error_capacity, "out of memory");
        return NULL;
    }
    set_options(mysql, options);
    const char *host = options->socket_path ? NULL : options->host;
    unsigned int port = options->socket_path ? 0 : options->port;
    if (!options->socket_path) {
        unsigned int protocol = MYSQL_PROTOCOL_TCP;
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    }
    if (!mysql_real_connect(mysql, host, options->user, options->password, NULL, port,
                            options->socket_path, 0)) {
        *error_number = mysql_errno(mysql);
        copy_text(error_text, error_capacity, mysql_error(mysql));
        mysql_close(mysql);
        free(handle);
        return NULL;
    }
    // The library goes on in the clear when a server does not offer TLS.
    if (options->tls >= FRAZIL_MYSQL_TLS_REQUIRED && !mysql_get_ssl_cipher(mysql)) {
        *error_number = FRAZIL_MYSQL_TLS_FAILED;
        copy_text(error_text, error_capacity, "the server does not offer it");
        mysql_close(mysql);
        free(handle);
        return NULL;
    }
    handle->mysql = mysql;
    return handle;
}

static void free_result(frazil_mysql *handle) {
    if (handle->result) mysql_free_result(handle->result);
    handle->result = NULL;
}

void frazil_mysql_close(frazil_mysql *handle) {
    if (!handle) return;
    free_result(handle);
    if (handle->statement) {
        // Rows may still be on their way: without the socket nothing waits for them.
        frazil_mysql_unblock(handle);
        frazil_mysql_statement_close(handle);
    }
    mysql_close(handle->mysql);
    free(handle);
}

void frazil_mysql_unblock(frazil_mysql *handle) {
    my_socket descriptor = mysql_get_socket(handle->mysql);
    if (descriptor >= 0) shutdown(descriptor, SHUT_RDWR);
}

const char *frazil_mysql_server_version(frazil_mysql *handle) {
    return mysql_get_server_info(handle->mysql);
}

unsigned int frazil_mysql_error_number(frazil_mysql *handle) {
    if (handle->statement_error_number) return handle->statement_error_number;
    return mysql_errno(handle->mysql);
}

const char *frazil_mysql_error_text(frazil_mysql *handle) {
    if (handle->statement_error_number) return handle->statement_error_text;
    return mysql_error(handle->mysql);
}

int frazil_mysql_query(frazil_mysql *handle, const char *sql, size_t length) {
    free_result(handle);
    handle->statement_error_number = 0;
    if (mysql_real_query(handle->mysql, sql, length)) return 1;
    handle->result = mysql_store_result(handle->mysql);
    return !handle->result && mysql_errno(handle->mysql) != 0;
}

unsigned int frazil_mysql_next_row(frazil_mysql *handle, const char *const **values,
                                   const unsigned long **lengths) {
    if (!handle->result) return 0;
    MYSQL_ROW row = mysql_fetch_row(handle->result);
    if (!row) return 0;
    *values = (const char *const *)row;
    *lengths = mysql_fetch_lengths(handle->result);
    return mysql_num_fields(handle->result);
}

int frazil_mysql_command(frazil_mysql *handle, int command, const uint8_t *argument,
                         size_t length) {
    free_result(handle);
    handle->statement_error_number = 0;
    MYSQL *mysql = handle->mysql;
    return mysql->methods->db_command(mysql, (enum enum_server_command)command,
                                      (const char *)argument, length, 1, NULL) != 0;
}

int frazil_mysql_read_packet(frazil_mysql *handle, const uint8_t **bytes, size_t *length) {
    unsigned long count = mysql_net_read_packet(handle->mysql);
    if ((unsigned int)count == FRAZIL_PACKET_ERROR) return -1;
    *bytes = handle->mysql->net.read_pos;
    *length = count;
    return count < 9 && count > 0 && (*bytes)[0] == 0xFE ? 0 : 1;
}

int frazil_mysql_wait(frazil_mysql *handle, int timeout_milliseconds) {
    MARIADB_PVIO *pvio = handle->mysql->net.pvio;
    // Bytes that the library has read ahead are not seen by poll.
    if (pvio && pvio->cache && pvio->cache_pos < pvio->cache + pvio->cache_size) return 1;
    struct pollfd wanted = {.fd = mysql_get_socket(handle->mysql), .events = POLLIN};
    return poll(&wanted, 1, timeout_milliseconds) != 0;
}

static int statement_failed(frazil_mysql *handle) {
    handle->statement_error_number = mysql_stmt_errno(handle->statement);
    copy_text(handle->statement_error_text, sizeof handle->statement_error_text,
              mysql_stmt_error(handle->statement));
    mysql_stmt_close(handle->statement);
    handle->statement = NULL;
    return 1;
}

int frazil_mysql_statement_open(frazil_mysql *handle, const char *sql, size_t length) {
    free_result(handle);
    handle->statement_error_number = 0;
    handle->statement = mysql_stmt_init(handle->mysql);
    if (!handle->statement) return 1;
    if (mysql_stmt_prepare(handle->statement, sql, length)) return statement_failed(handle);
    if (mysql_stmt_execute(handle->statement)) return statement_failed(handle);
    handle->metadata = mysql_stmt_result_metadata(handle->statement);
    return 0;
}

unsigned int frazil_mysql_statement_column_count(frazil_mysql *handle) {
    return handle->metadata ? mysql_num_fields(handle->metadata) : 0;
}

int frazil_mysql_statement_column(frazil_mysql *handle, unsigned int index,
                                  frazil_mysql_column *column) {
    if (index >= frazil_mysql_statement_column_count(handle)) return 1;
    MYSQL_FIELD *field = mysql_fetch_field_direct(handle->metadata, index);
    column->name = field->name;
    column->name_length = field->name_length;
    column->type = field->type;
    column->collation = field->charsetnr;
    column->flags = field->flags;
    column->decimals = field->decimals;
    return 0;
}

void frazil_mysql_statement_close(frazil_mysql *handle) {
    if (handle->metadata) mysql_free_result(handle->metadata);
    handle->metadata = NULL;
    if (!handle->statement) return;
    // We read the rows past the library: tell it that nothing is left.
    handle->mysql->status = MYSQL_STATUS_READY;
    handle->statement->state = MYSQL_STMT_FETCH_DONE;
    mysql_stmt_close(handle->statement);
    handle->statement = NULL;
}
