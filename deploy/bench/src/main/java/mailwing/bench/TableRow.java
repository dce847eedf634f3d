package mailwing.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A row of the table in docs/performance.md: what of which workload is compared with the peer, and
/// what it must reach.
///
/// @param id its name in the file of ratios
/// @param workload the workload's name, or that of a step of `large`
/// @param goal what is asked
record TableRow(String id, String work, String workload, Measure measure, Goal goal) {
  /// @param atLeast the least ratio, or the most of ours in the measure's own unit
  record Goal(double atLeast, boolean ofRatio) {
    String text(Measure measure) {
      return ofRatio
          ? "≥ " + Figures.number(atLeast)
          : "ours ≤ " + Figures.number(atLeast) + " " + measure.unit();
    }

    boolean isReached(Figures figures) {
      return ofRatio ? figures.ratio() >= atLeast : figures.ours() <= atLeast;
    }
  }

  static final List<TableRow> ALL =
      List.of(
          rate("smtp-visible", "SMTP, 5 KB, 100 mailboxes: durable and visible in IMAP", 6),
          row(
              "smtp-visible-cpu",
              "the same: processor time of a delivery, all processes together",
              "smtp-visible",
              Measure.CPU,
              5),
          rate("smtp", "the same: accepted", 3),
          rate("smtp-one", "the same into one mailbox, visible", 6),
          rate("smtp-ten", "the same, 10 recipients a message, visible: deliveries", 6),
          rate("append", "APPEND, 5 KB", 1.3),
          rate("login", "LOGIN, SELECT, LOGOUT", 1),
          rate("status", "STATUS", 0.5),
          rate("fetch-body", "body FETCH, 5 KB one by one: read before", 1),
          rate("fetch-body-first", "the same, each for the first time", 0.7),
          rate("fetch-headers", "FETCH of 14 header fields, ranges of 50", 1.5),
          rate(
              "fetch-metadata",
              "FETCH of UID, FLAGS, INTERNALDATE, RFC822.SIZE, ENVELOPE, ranges of 50",
              1.5),
          row("fetch-large", "body FETCH, 1 MB", "fetch-large", Measure.MEGABYTES, 1),
          rate("store", "STORE of a flag", 0.8),
          rate("store-many", "STORE of a flag on 10,000 messages at once", 1),
          large("large-select", "100,000 messages: SELECT, never opened before", 0.1, false),
          large("large-select-again", "100,000: SELECT again", 0.002, false),
          large("large-flags", "100,000: UID FETCH 1:* (FLAGS)", 1, true),
          large("large-envelope", "100,000: UID FETCH 1:* (ENVELOPE), first", 10, true),
          large("large-envelope-again", "100,000: the same again", 0.8, true),
          large("large-search-subject", "100,000: SEARCH SUBJECT, first", 20, true),
          large("large-search-subject-again", "100,000: the same again", 1, true),
          large("large-sort-date", "100,000: SORT (DATE), first", 20, true),
          large("large-sort-date-again", "100,000: the same again", 1, true),
          large("large-thread-references", "100,000: THREAD REFERENCES, first", 20, true),
          large("large-thread-references-again", "100,000: the same again", 1, true),
          large("large-body-rare-again", "100,000: SEARCH BODY, warm", 20, true),
          rate("pop3", "POP3 RETR, 5 KB one by one", 1),
          rate("pop3-pipelined", "POP3 RETR, 5 KB, fifty pipelined", 0.5),
          new TableRow(
              "idle-p50",
              "IDLE: from SMTP's 250 to EXISTS, through Kafka, p50",
              "idle",
              Measure.P50,
              new Goal(5, false)),
          new TableRow("idle-p99", "the same, p99", "idle", Measure.P99, new Goal(30, false)),
          rate("mixed", "mixed commands, 50 connections", 1),
          new TableRow(
              IdleMemoryWorkload.NAME,
              "memory (PSS, all processes) of an IMAP session in IDLE: of 5,000 over TLS, theirs of"
                  + " 1,000 without",
              IdleMemoryWorkload.NAME,
              Measure.MEMORY,
              new Goal(40, false)));

  /// The one that is measured from a fresh start, and by nothing else.
  static final TableRow IDLE_MEMORY = ALL.getLast();

  private static TableRow row(
      String id, String work, String workload, Measure measure, double atLeast) {
    return new TableRow(id, work, workload, measure, new Goal(atLeast, true));
  }

  private static TableRow rate(String workload, String work, double atLeast) {
    return row(workload, work, workload, Measure.RATE, atLeast);
  }

  private static TableRow large(String step, String work, double atLeast, boolean ofRatio) {
    return new TableRow(step, work, step, Measure.SECONDS, new Goal(atLeast, ofRatio));
  }

  /// Whether `large` measures it.
  boolean isLarge() {
    return workload.startsWith(LargeWorkload.NAME + "-");
  }

  /// The workload that measures it; empty for a step of `large`.
  Optional<Workload> named() {
    return Arrays.stream(Workload.values())
        .filter(w -> w.commandLineName().equals(workload.toLowerCase(Locale.ROOT)))
        .findFirst();
  }
}
