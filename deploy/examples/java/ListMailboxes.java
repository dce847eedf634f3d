import io.grpc.CallCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxesGrpc;

/// Lists an account's mailboxes with an API key that has the scope mail:read.
///
/// With the jars of proto, grpc-netty-shaded and grpc-stub, and what they need, in a folder jars:
///
///     java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
///       -cp 'jars/*' ListMailboxes.java localhost:9090 mwk_...
public final class ListMailboxes {
  public static void main(String[] args) throws InterruptedException {
    String target = args[0];
    String key = args[1];
    // Between machines: TlsChannelCredentials with the CA and a client certificate.
    ManagedChannel channel =
        Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();
    try {
      Iterator<Mailbox> mailboxes =
          MailboxesGrpc.newBlockingStub(channel)
              .withCallCredentials(bearer(key))
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .listMailboxes(ListMailboxesRequest.newBuilder().setWithStatus(true).build());
      while (mailboxes.hasNext()) {
        Mailbox mailbox = mailboxes.next();
        System.out.println(mailbox.getName() + " " + mailbox.getStatus().getMessages());
      }
    } catch (StatusRuntimeException e) {
      // The trailer names the reason; the status text is for people.
      Metadata trailers = e.getTrailers() == null ? new Metadata() : e.getTrailers();
      System.err.println("refused: " + trailers.get(ascii("mailwing-error")));
      System.exit(1);
    } finally {
      channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static CallCredentials bearer(String key) {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo info, Executor executor, MetadataApplier applier) {
        Metadata headers = new Metadata();
        headers.put(ascii("authorization"), "Bearer " + key);
        applier.apply(headers);
      }
    };
  }

  private static Metadata.Key<String> ascii(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
