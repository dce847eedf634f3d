package mailwing.smtp.report;

import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import mailwing.smtp.https.HttpsClient;
import mailwing.store.v1.CountTlsSessionsRequest;
import mailwing.store.v1.FinishTlsReportRequest;
import mailwing.store.v1.LeaseTlsReportsRequest;
import mailwing.store.v1.TlsPoliciesGrpc;
import mailwing.store.v1.TlsReport;
import mailwing.store.v1.TlsSessionCount;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the store what was counted, and domains what the store has counted for them: one report a
/// day and domain, by whichever gateway takes it.
public final class TlsReports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TlsReports.class);
  private static final int AT_ONCE = 20;
  private static final int PER_CALL = 1000;
  private static final int MOST_ANSWER = 64 << 10;

  /// Sends a message whatever the TLS of the next host is; true where it was taken.
  @FunctionalInterface
  public interface Mail {
    boolean send(String to, byte[] message);
  }

  private final String contact;
  private final String submitter;
  private final String organization;
  private final StoreClient store;
  private final Dns dns;
  private final HttpsClient https;
  private final TlsTally tally;
  private final Mail mail;
  private final Thread teller;
  private final Thread sender;

  /// Begins.
  ///
  /// @param contact the address that reports come from
  /// @param flush the store knows after so long what was counted
  /// @param look so often is looked for reports that are due
  public TlsReports(
      String contact,
      String organization,
      Duration flush,
      Duration look,
      StoreClient store,
      Dns dns,
      HttpsClient https,
      TlsTally tally,
      Mail mail) {
    this.contact = contact;
    this.submitter = contact.substring(contact.lastIndexOf('@') + 1);
    this.organization = organization;
    this.store = store;
    this.dns = dns;
    this.https = https;
    this.tally = tally;
    this.mail = mail;
    this.teller = every(flush, "tls-tally", this::tell);
    this.sender = every(look, "tls-reports", this::send);
  }

  private static Thread every(Duration pause, String name, Runnable work) {
    return Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                while (true) {
                  Thread.sleep(pause);
                  try {
                    work.run();
                  } catch (RuntimeException e) {
                    LOG.error("event=tls-reports-failed", e);
                  }
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /// Only of domains that ask for reports.
  private void tell() {
    Map<String, Boolean> asking = new HashMap<>();
    List<TlsSessionCount> wanted =
        tally.take().stream()
            .filter(count -> asking.computeIfAbsent(count.getDomain(), this::asks))
            .toList();
    for (int at = 0; at < wanted.size(); at += PER_CALL) {
      List<TlsSessionCount> some = wanted.subList(at, Math.min(at + PER_CALL, wanted.size()));
      try {
        store.once(
            TlsPoliciesGrpc.getCountTlsSessionsMethod(),
            CountTlsSessionsRequest.newBuilder().addAllCounts(some).build());
      } catch (StoreException e) {
        LOG.warn("event=tls-tally-untold code={}", e.code());
        tally.giveBack(some);
      }
    }
  }

  private boolean asks(String domain) {
    try {
      return !receivers(domain).isEmpty();
    } catch (DnsFailureException e) {
      return true;
    }
  }

  private List<URI> receivers(String domain) throws DnsFailureException {
    return ReportRecord.receivers(dns.texts("_smtp._tls." + domain));
  }

  private void send() {
    try {
      for (TlsReport report :
          store
              .once(
                  TlsPoliciesGrpc.getLeaseTlsReportsMethod(),
                  LeaseTlsReportsRequest.newBuilder().setMost(AT_ONCE).build())
              .getReportsList()) {
        send(report);
      }
    } catch (StoreException e) {
      LOG.warn("event=tls-reports-failed code={}", e.code());
    }
  }

  private void send(TlsReport report) {
    List<URI> receivers;
    try {
      receivers = receivers(report.getDomain());
    } catch (DnsFailureException e) {
      // The next try comes.
      return;
    }
    boolean taken = receivers.isEmpty() || report.getCountsCount() == 0;
    if (!taken) {
      JsonObject text = ReportText.of(report, organization, contact);
      byte[] packed = gzip(text.toString());
      for (URI receiver : receivers) {
        boolean there = tell(report, receiver, packed);
        taken |= there;
        LOG.info(
            "event=tls-report domain={} day={} receiver={} taken={}",
            report.getDomain(),
            report.getDay(),
            receiver,
            there);
      }
    }
    if (taken) {
      store.repeatable(
          TlsPoliciesGrpc.getFinishTlsReportMethod(),
          FinishTlsReportRequest.newBuilder()
              .setDay(report.getDay())
              .setDomain(report.getDomain())
              .build());
    }
  }

  private static byte[] gzip(String text) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  private boolean tell(TlsReport report, URI receiver, byte[] packed) {
    if (receiver.getScheme().toLowerCase(Locale.ROOT).equals("https")) {
      try {
        int status = https.post(receiver, "application/tlsrpt+gzip", packed, MOST_ANSWER).status();
        return status >= 200 && status < 300;
      } catch (IOException e) {
        LOG.info("event=tls-report-failed receiver={} reason=\"{}\"", receiver, e.getMessage());
        return false;
      }
    }
    String to = address(receiver);
    return !to.isEmpty()
        && mail.send(to, ReportMessage.of(report, contact, submitter, to, packed, Instant.now()));
  }

  /// RFC 6068, without header fields; empty for what is no plain address.
  private static String address(URI mailto) {
    String address = mailto.getSchemeSpecificPart().split("\\?", 2)[0];
    return address.matches("[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
        ? address
        : "";
  }

  /// Tells what was counted; what is being sent is due again later.
  @Override
  public void close() {
    teller.interrupt();
    sender.interrupt();
    try {
      teller.join(Duration.ofSeconds(5));
      sender.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tell();
  }
}
