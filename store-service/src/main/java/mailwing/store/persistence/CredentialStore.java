package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbTransaction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// API keys, the keys that sign tokens, and the secrets that all stores share.
public final class CredentialStore {
  /// A key that signs session tokens.
  public record TokenKey(int id, ByteString secret, Instant createdAt) {
    @Override
    public String toString() {
      return "TokenKey " + id;
    }
  }

  private static final String API_KEY =
      """
      SELECT k.name, array_to_string(k.scopes, ',') AS scopes, COALESCE(k.account_id, 0) AS account_id,
             COALESCE(c.address, '') AS address, COALESCE(c.enabled, true) AS usable,
             CAST(extract(epoch FROM k.created_at) AS bigint) AS created_at
      FROM api_key k LEFT JOIN account c ON c.account_id = k.account_id
      """;

  /// Serialises the making of shared keys between stores; any number will do that no other lock
  /// has.
  private static final long KEY_LOCK = 0x6d61696c77696e67L;

  private final DbClient client;

  public CredentialStore(DbClient client) {
    this.client = client;
  }

  /// ALREADY_EXISTS.
  public void addApiKey(String name, ByteString hash, List<String> scopes, long accountId) {
    long made =
        client
            .execute()
            .createInsert(
                """
                INSERT INTO api_key (name, hash, scopes, account_id)
                VALUES (?, ?, string_to_array(?, ','), NULLIF(?, 0)) ON CONFLICT (name) DO NOTHING
                """)
            .addParam(name)
            .addParam(hash.toByteArray())
            .addParam(String.join(",", scopes))
            .addParam(accountId)
            .execute();
    if (made == 0) {
      throw new StoreException(ErrorCode.ALREADY_EXISTS, "a key has this name");
    }
  }

  public Optional<ApiKeyRow> apiKey(ByteString hash) {
    return client
        .execute()
        .createGet(API_KEY + "WHERE k.hash = ?")
        .addParam(hash.toByteArray())
        .execute()
        .map(CredentialStore::apiKeyOf);
  }

  public Optional<ApiKeyRow> apiKeyNamed(String name) {
    return client.execute().get(API_KEY + "WHERE k.name = ?", name).map(CredentialStore::apiKeyOf);
  }

  public List<ApiKeyRow> apiKeys(String after, int limit) {
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(API_KEY + "WHERE k.name > ? ORDER BY k.name LIMIT ?", after, limit)) {
      List<ApiKeyRow> result = new ArrayList<>();
      rows.forEach(r -> result.add(apiKeyOf(r)));
      return result;
    }
  }

  /// False if there is none.
  public boolean removeApiKey(String name) {
    return client.execute().delete("DELETE FROM api_key WHERE name = ?", name) > 0;
  }

  private static ApiKeyRow apiKeyOf(DbRow row) {
    return new ApiKeyRow(
        Columns.text(row, "name"),
        Arrays.stream(Columns.text(row, "scopes").split(",")).filter(s -> !s.isEmpty()).toList(),
        Columns.number(row, "account_id"),
        Columns.text(row, "address"),
        row.column("usable").get(Boolean.class),
        Instant.ofEpochSecond(Columns.number(row, "created_at")));
  }

  /// All keys, oldest first.
  public List<TokenKey> tokenKeys() {
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(
                """
                SELECT key_id, secret, CAST(extract(epoch FROM created_at) AS bigint) AS created_at
                FROM token_key ORDER BY key_id
                """)) {
      List<TokenKey> result = new ArrayList<>();
      rows.forEach(
          r ->
              result.add(
                  new TokenKey(
                      (int) Columns.number(r, "key_id"),
                      Columns.octets(r, "secret"),
                      Instant.ofEpochSecond(Columns.number(r, "created_at")))));
      return result;
    }
  }

  /// Adds a key unless there is one younger than `life`, and drops those that stopped signing
  /// longer ago than `grace`. Times are the database's, which all stores share.
  public void rotateTokenKeys(Duration life, Duration grace, Supplier<ByteString> secret) {
    Columns.inTransaction(
        client,
        tx -> {
          lock(tx);
          if (tx.get(
                  """
                  SELECT 1 FROM token_key WHERE created_at > now() - CAST(? AS bigint) * interval '1 second'
                  LIMIT 1
                  """,
                  life.toSeconds())
              .isEmpty()) {
            tx.createInsert("INSERT INTO token_key (secret) VALUES (?)")
                .addParam(secret.get().toByteArray())
                .execute();
          }
          return tx.delete(
              """
              DELETE FROM token_key k WHERE EXISTS (SELECT 1 FROM token_key n
                WHERE n.key_id > k.key_id
                  AND n.created_at < now() - CAST(? AS bigint) * interval '1 second')
              """,
              grace.toSeconds());
        });
  }

  /// The shared secret of that name, made by whoever asks first.
  public ByteString sharedSecret(String name, Supplier<ByteString> secret) {
    return Columns.inTransaction(
        client,
        tx -> {
          lock(tx);
          Optional<DbRow> found = tx.get("SELECT value FROM shared_secret WHERE name = ?", name);
          if (found.isPresent()) {
            return Columns.octets(found.get(), "value");
          }
          ByteString made = secret.get();
          tx.createInsert("INSERT INTO shared_secret (name, value) VALUES (?, ?)")
              .addParam(name)
              .addParam(made.toByteArray())
              .execute();
          return made;
        });
  }

  private static void lock(DbTransaction tx) {
    tx.get("SELECT CAST(pg_advisory_xact_lock(?) AS text) AS locked", KEY_LOCK);
  }
}
