package org.apache.iceberg.rest;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.BaseTransaction;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.Transactions;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.rest.requests.CommitTransactionRequest;
import org.apache.iceberg.rest.requests.CreateNamespaceRequest;
import org.apache.iceberg.rest.requests.CreateTableRequest;
import org.apache.iceberg.rest.requests.RenameTableRequest;
import org.apache.iceberg.rest.requests.UpdateTableRequest;
import org.apache.iceberg.rest.responses.ConfigResponse;
import org.apache.iceberg.rest.responses.ErrorResponse;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * A REST catalog out of Iceberg's own server-side handlers, over its JDBC catalog on SQLite.
 *
 * Arguments: port, "together" or "single" (whether transactions are offered), catalog properties as key=value.
 */
public class ReferenceCatalog {
  private static final ObjectMapper MAPPER = RESTObjectMapper.mapper();
  private static Catalog catalog;
  private static SupportsNamespaces namespaces;
  private static boolean offersTransactions;

  public static void main(String[] arguments) throws Exception {
    Map<String, String> properties = new HashMap<>();
    for (int index = 2; index < arguments.length; index++) {
      String[] pair = arguments[index].split("=", 2);
      properties.put(pair[0], pair[1]);
    }
    offersTransactions = arguments[1].equals("together");
    catalog = CatalogUtil.buildIcebergCatalog("reference", properties, new org.apache.hadoop.conf.Configuration());
    namespaces = (SupportsNamespaces) catalog;
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 64);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", ReferenceCatalog::serve);
    server.start();
  }

  private static void serve(HttpExchange exchange) throws IOException {
    int status = 200;
    byte[] body = new byte[0];
    try {
      Object answer = route(exchange);
      if (answer == null) {
        status = 204;
      } else {
        body = MAPPER.writeValueAsBytes(answer);
      }
    } catch (Throwable problem) {
      status = statusOf(problem);
      if (status == 500) {
        problem.printStackTrace();
      }
      body = MAPPER.writeValueAsBytes(
          ErrorResponse.builder()
              .responseCode(status)
              .withType(problem.getClass().getSimpleName())
              .withMessage(String.valueOf(problem.getMessage()))
              .build());
    }
    boolean hasBody = status != 204 && !exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, hasBody ? body.length : -1);
    if (hasBody) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private static int statusOf(Throwable problem) {
    if (problem instanceof NoSuchTableException || problem instanceof NoSuchNamespaceException) {
      return 404;
    }
    if (problem instanceof AlreadyExistsException || problem instanceof CommitFailedException) {
      return 409;
    }
    if (problem instanceof IllegalArgumentException || problem instanceof ValidationException) {
      return 400;
    }
    return problem instanceof UnsupportedOperationException ? 406 : 500;
  }

  private static <T> T read(HttpExchange exchange, Class<T> type) throws IOException {
    return MAPPER.readValue(exchange.getRequestBody().readAllBytes(), type);
  }

  private static Object route(HttpExchange exchange) throws Exception {
    String method = exchange.getRequestMethod();
    String[] path = exchange.getRequestURI().getRawPath().replaceFirst("^/v1/", "").split("/");
    String first = path[0];
    if (first.equals("config")) {
      return config();
    }
    if (first.equals("transactions") && offersTransactions) {
      commitTogether(read(exchange, CommitTransactionRequest.class));
      return null;
    }
    if (first.equals("tables")) {
      CatalogHandlers.renameTable(catalog, read(exchange, RenameTableRequest.class));
      return null;
    }
    if (first.equals("namespaces") && path.length == 1) {
      return method.equals("POST")
          ? CatalogHandlers.createNamespace(namespaces, read(exchange, CreateNamespaceRequest.class))
          : CatalogHandlers.listNamespaces(namespaces, Namespace.empty());
    }
    Namespace namespace = RESTUtil.decodeNamespace(path[1]);
    if (path.length == 2) {
      return CatalogHandlers.loadNamespace(namespaces, namespace);
    }
    if (path.length == 3) {
      return method.equals("GET")
          ? CatalogHandlers.listTables(catalog, namespace)
          : CatalogHandlers.createTable(catalog, namespace, read(exchange, CreateTableRequest.class));
    }
    TableIdentifier table = TableIdentifier.of(namespace, URLDecoder.decode(path[3], StandardCharsets.UTF_8));
    return routeTable(exchange, method, table);
  }

  private static Object routeTable(HttpExchange exchange, String method, TableIdentifier table) throws IOException {
    switch (method) {
      case "GET":
        return CatalogHandlers.loadTable(catalog, table);
      case "HEAD":
        CatalogHandlers.loadTable(catalog, table);
        return null;
      case "POST":
        return CatalogHandlers.updateTable(catalog, table, read(exchange, UpdateTableRequest.class));
      case "DELETE":
        CatalogHandlers.dropTable(catalog, table);
        return null;
      default:
        throw new UnsupportedOperationException(method);
    }
  }

  private static ConfigResponse config() {
    List<Endpoint> endpoints = new ArrayList<>(List.of(
        Endpoint.V1_LIST_NAMESPACES, Endpoint.V1_LOAD_NAMESPACE, Endpoint.V1_CREATE_NAMESPACE,
        Endpoint.V1_LIST_TABLES, Endpoint.V1_LOAD_TABLE, Endpoint.V1_CREATE_TABLE, Endpoint.V1_UPDATE_TABLE,
        Endpoint.V1_DELETE_TABLE, Endpoint.V1_RENAME_TABLE));
    if (offersTransactions) {
      endpoints.add(Endpoint.V1_COMMIT_TRANSACTION);
    }
    return ConfigResponse.builder().withEndpoints(endpoints).build();
  }

  /** Validates the changes of all tables before any is committed; one transaction at a time. */
  private static synchronized void commitTogether(CommitTransactionRequest request) {
    List<Transaction> transactions = new ArrayList<>();
    for (UpdateTableRequest change : request.tableChanges()) {
      BaseTable table = (BaseTable) catalog.loadTable(change.identifier());
      Transaction transaction = Transactions.newTransaction(change.identifier().toString(), table.operations());
      transactions.add(transaction);
      BaseTransaction.TransactionTable inside = (BaseTransaction.TransactionTable) transaction.table();
      CatalogHandlers.commit(inside.operations(), change);
    }
    transactions.forEach(Transaction::commitTransaction);
  }
}
