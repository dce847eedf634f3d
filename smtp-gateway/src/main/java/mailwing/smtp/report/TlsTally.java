package mailwing.smtp.report;

import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.smtp.tls.TlsFailure;
import mailwing.store.v1.TlsPolicyUsed;
import mailwing.store.v1.TlsSessionCount;
import mailwing.store.v1.TlsSessions;

/// Counts sessions in memory, for some seconds, until they are told to the store.
public final class TlsTally {
  private static final int MOST_KINDS = 5_000;
  private static final int MOST_REASON = 300;

  private final boolean wanted;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private Map<TlsSessionCount, Long> counts = new HashMap<>();

  /// What was wrong with a session.
  public record Failed(
      TlsFailure failure, String sendingIp, String mxHost, String receivingIp, String reason) {}

  /// @param wanted false: nobody will report
  public TlsTally(boolean wanted, InstantSource clock) {
    this.wanted = wanted;
    this.clock = clock;
  }

  /// One session.
  ///
  /// @param domain whose policy it was held to
  public void count(String domain, TlsPolicyUsed policy, Optional<Failed> failed) {
    if (!wanted) {
      return;
    }
    TlsSessions.Builder sessions = TlsSessions.newBuilder().setPolicy(policy);
    failed.ifPresent(
        one ->
            sessions
                .setFailure(one.failure().word())
                .setSendingIp(one.sendingIp())
                .setMxHost(one.mxHost())
                .setReceivingIp(one.receivingIp())
                .setReason(printable(one.reason())));
    int day = (int) LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toEpochDay();
    TlsSessionCount kind =
        TlsSessionCount.newBuilder().setDay(day).setDomain(domain).setSessions(sessions).build();
    lock.lock();
    try {
      if (counts.size() < MOST_KINDS || counts.containsKey(kind)) {
        counts.merge(kind, 1L, Long::sum);
      }
    } finally {
      lock.unlock();
    }
  }

  private static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.length() > MOST_REASON ? line.substring(0, MOST_REASON) : line;
  }

  /// Takes all counts.
  List<TlsSessionCount> take() {
    Map<TlsSessionCount, Long> taken;
    lock.lock();
    try {
      taken = counts;
      counts = new HashMap<>();
    } finally {
      lock.unlock();
    }
    List<TlsSessionCount> all = new ArrayList<>(taken.size());
    taken.forEach((kind, count) -> all.add(kind.toBuilder().setCount(count).build()));
    return all;
  }

  /// Puts back what could not be told.
  void giveBack(List<TlsSessionCount> untold) {
    lock.lock();
    try {
      for (TlsSessionCount one : untold) {
        if (counts.size() < MOST_KINDS) {
          counts.merge(one.toBuilder().clearCount().build(), one.getCount(), Long::sum);
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
