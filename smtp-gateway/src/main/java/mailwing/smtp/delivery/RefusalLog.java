package mailwing.smtp.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.smtp.protocol.EnhancedStatusCode;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.RecordRefusalsRequest;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.TraceGrpc;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the store of refused mail, so that it can be traced: alike ones as one, so many a minute
/// and no more, all of a second in one call. Metrics count what is beyond that.
public final class RefusalLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
  private static final int PER_MINUTE = 200;
  private static final int PER_CLIENT = 20;
  private static final int RECIPIENTS = 50;
  private static final long MINUTE_MILLIS = 60_000;
  private static final long PAUSE_MILLIS = 1_000;

  private final StoreClient store;
  private final Map<RefusedMail, RefusedMail.Builder> waiting = new LinkedHashMap<>();
  private final Map<String, Integer> clients = new HashMap<>();
  private long minute;
  private int taken;
  private @Nullable Thread sender;

  public RefusalLog(StoreClient store) {
    this.store = store;
  }

  /// What was refused.
  ///
  /// @param from in SMTP's grammar; empty for <>
  /// @param recipients unquoted; empty where none was named
  /// @param account whose login it was; 0 for none
  public record Refused(
      ClientInfoForTrace client, String from, List<String> recipients, long account) {
    public Refused {
      recipients = List.copyOf(recipients.subList(0, Math.min(recipients.size(), RECIPIENTS)));
    }
  }

  public void record(Refused mail, Refusal why) {
    EnhancedStatusCode status = why.reply().status();
    RefusedMail key =
        RefusedMail.newBuilder()
            .setClient(mail.client())
            .setReversePath(mail.from())
            .addAllRecipients(mail.recipients())
            .setCode(why.reply().code())
            .setStatus(status == null ? "" : status.toString())
            .setText(String.join(" ", why.reply().lines()))
            .setAccountId(mail.account())
            .build();
    synchronized (waiting) {
      RefusedMail.Builder alike = waiting.get(key);
      if (alike != null) {
        alike.setCount(alike.getCount() + 1);
      } else if (mayTell(mail.client().getAddress())) {
        waiting.put(key, key.toBuilder().setAtMillis(System.currentTimeMillis()).setCount(1));
        if (sender == null) {
          sender = Thread.ofVirtual().name("tell-refusals").start(this::send);
        }
      }
    }
  }

  private boolean mayTell(String client) {
    long now = System.currentTimeMillis() / MINUTE_MILLIS;
    if (now != minute) {
      minute = now;
      taken = 0;
      clients.clear();
    }
    if (taken == PER_MINUTE || clients.merge(client, 1, Integer::sum) > PER_CLIENT) {
      return false;
    }
    taken++;
    return true;
  }

  private void send() {
    boolean more = true;
    while (more) {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        // Closed: what waits is told at once.
        Thread.currentThread().interrupt();
        return;
      }
      tell();
      synchronized (waiting) {
        more = !waiting.isEmpty();
        if (!more) {
          sender = null;
        }
      }
    }
  }

  private void tell() {
    List<RefusedMail> told = new ArrayList<>();
    synchronized (waiting) {
      waiting.values().forEach(mail -> told.add(mail.build()));
      waiting.clear();
    }
    if (told.isEmpty()) {
      return;
    }
    try {
      store.once(
          TraceGrpc.getRecordRefusalsMethod(),
          RecordRefusalsRequest.newBuilder().addAllRefusals(told).build());
    } catch (StoreException e) {
      LOG.warn("event=refusals-untold count={} error={}", told.size(), e.code());
    }
  }

  /// Tells what waits.
  @Override
  public void close() {
    Thread running;
    synchronized (waiting) {
      running = sender;
    }
    if (running != null) {
      running.interrupt();
    }
    tell();
  }
}
