package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import java.time.Duration;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Which POP3 session has an account's maildrop for itself (RFC 1939 §4): one over all gateways.
///
/// A hold ends when it is given back or not kept for its time, by the database's clock; so that of
/// a gateway that died ends too.
public final class MaildropHolds {
  private final DbClient client;

  public MaildropHolds(Database database) {
    this.client = database.client();
  }

  /// Takes or keeps the maildrop.
  ///
  /// @param loginDelay the least time between the beginnings of two sessions
  public void hold(long accountId, UUID holdId, Duration time, Duration loginDelay) {
    long held =
        client
            .execute()
            .insert(
                """
                INSERT INTO maildrop_hold AS h (account_id, hold_id, opened_at, until)
                VALUES (?, CAST(? AS uuid), now(), now() + ? * interval '1 second')
                ON CONFLICT (account_id) DO UPDATE SET
                  opened_at = CASE WHEN h.hold_id = excluded.hold_id THEN h.opened_at ELSE now() END,
                  hold_id = excluded.hold_id,
                  until = excluded.until
                WHERE h.hold_id = excluded.hold_id
                  OR (h.until <= now() AND h.opened_at <= now() - ? * interval '1 second')
                """,
                accountId,
                holdId.toString(),
                time.toSeconds(),
                loginDelay.toSeconds());
    if (held == 0) {
      throw isTooSoon(accountId, loginDelay)
          ? new StoreException(ErrorCode.TRY_LATER, "too soon after the last session")
          : new StoreException(ErrorCode.IN_USE, "another session has the maildrop");
    }
  }

  /// A hold that was given back just now was in use all the same.
  private boolean isTooSoon(long accountId, Duration loginDelay) {
    return client
        .execute()
        .get(
            """
            SELECT account_id FROM maildrop_hold
            WHERE account_id = ? AND until <= now() AND opened_at > now() - ? * interval '1 second'
            """,
            accountId,
            loginDelay.toSeconds())
        .isPresent();
  }

  /// Ends a hold; the time of its beginning is kept for the next session's delay.
  public void release(long accountId, UUID holdId) {
    client
        .execute()
        .update(
            "UPDATE maildrop_hold SET until = now()"
                + " WHERE account_id = ? AND hold_id = CAST(? AS uuid)",
            accountId,
            holdId.toString());
  }

  /// Forgets what no delay can need any more.
  public void trim() {
    client.execute().delete("DELETE FROM maildrop_hold WHERE until < now() - interval '1 day'");
  }
}
