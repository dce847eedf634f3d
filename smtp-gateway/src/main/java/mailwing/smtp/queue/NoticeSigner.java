package mailwing.smtp.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import mailwing.gateway.StoreException;
import mailwing.smtp.client.Transfer;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.DkimSigner;
import mailwing.smtp.signing.Signer;
import mailwing.store.v1.QueueJob;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Signs notifications of ours as they leave (RFC 6376): the store makes them and has their octets,
/// we have the DNS that tells by which keys. They go unsigned where no key is to be had.
final class NoticeSigner {
  private static final Logger LOG = LoggerFactory.getLogger(NoticeSigner.class);

  /// Their header sections are of our making, and far smaller.
  private static final int HEAD = 64 << 10;

  private final Optional<Signer> signer;

  NoticeSigner(Optional<Signer> signer) {
    this.signer = signer;
  }

  /// What is sent, and how large it is.
  record Signed(QueueJob job, Transfer.Body body) {}

  Signed sign(QueueJob job, Transfer.Body body) {
    if (!job.getNotice() || signer.isEmpty()) {
      return new Signed(job, body);
    }
    try {
      Reading reading = new Reading(signer.get());
      body.writeTo(reading);
      byte[] fields = reading.finish().getBytes(StandardCharsets.US_ASCII);
      return new Signed(
          job.toBuilder().setSize(job.getSize() + fields.length).build(),
          sink -> {
            sink.write(fields, 0, fields.length);
            body.writeTo(sink);
          });
    } catch (StoreException | IOException e) {
      LOG.warn("event=notification-unsigned id={} reason=\"{}\"", job.getQueueId(), e.getMessage());
      return new Signed(job, body);
    }
  }

  /// A message as it goes by: its header section is gathered, its body hashed.
  private static final class Reading implements Transfer.Sink {
    private final Signer signer;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private byte[] gathered = new byte[0];
    private boolean begun;
    private Optional<DkimSigner> signing = Optional.empty();

    Reading(Signer signer) {
      this.signer = signer;
    }

    @Override
    public void write(byte[] octets, int offset, int length) {
      if (begun) {
        signing.ifPresent(by -> by.write(octets, offset, length));
        return;
      }
      head.write(octets, offset, length);
      if (head.size() >= HEAD) {
        begin();
      }
    }

    private void begin() {
      begun = true;
      gathered = head.toByteArray();
      HeaderScan scan = HeaderScan.of(gathered, 0, gathered.length);
      signing = signer.ofHost(scan);
      int body = Math.min(scan.end() + 2, gathered.length);
      signing.ifPresent(by -> by.write(gathered, body, gathered.length - body));
    }

    /// The fields to put before it; none where it cannot be signed.
    String finish() {
      if (!begun) {
        begin();
      }
      HeaderScan scan = HeaderScan.of(gathered, 0, gathered.length);
      return signing.map(by -> signer.fields(by, gathered, scan, gathered.length)).orElse("");
    }
  }
}
