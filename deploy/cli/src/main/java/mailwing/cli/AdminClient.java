package mailwing.cli;

import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.SharingGrpc;
import mailwing.store.v1.TraceGrpc;
import org.jspecify.annotations.Nullable;

/// A channel to a store's Directory, Sharing, Queue, Trace and Dkim, with an administrator's
/// credential.
public final class AdminClient implements AutoCloseable {
  private static final Metadata.Key<String> ERROR =
      Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final long DEADLINE_SECONDS = 30;

  /// A list is as long as there are users, and read no faster than by whoever it is shown to.
  private static final long LIST_DEADLINE_SECONDS = 3600;

  private final ManagedChannel channel;
  private final String server;
  private final Metadata headers = new Metadata();

  private AdminClient(ManagedChannel channel, String server, String credential) {
    this.channel = channel;
    this.server = server;
    headers.put(AUTHORIZATION, "Bearer " + credential);
  }

  /// Over a channel that the caller made; it is closed with this client.
  public static AdminClient over(ManagedChannel channel, String server, String credential) {
    return new AdminClient(channel, server, credential);
  }

  /// To the system that runs on a data directory.
  public static AdminClient at(Path data) {
    var run = RunFile.read(data);
    return new AdminClient(
        Grpc.newChannelBuilder(run.server(), InsecureChannelCredentials.create()).build(),
        run.server(),
        run.credential());
  }

  static AdminClient connect(StoreOptions.Target target) {
    var builder = Grpc.newChannelBuilder(target.server(), credentials(target));
    target.authority().ifPresent(builder::overrideAuthority);
    return new AdminClient(builder.build(), target.server(), target.credential());
  }

  /// Makes a call; an error of the store's becomes one line.
  ///
  /// @param what the thing the call is about, for the line
  public <T> T call(String what, Function<DirectoryGrpc.DirectoryBlockingStub, T> call) {
    return call(what, DirectoryGrpc::newBlockingStub, call);
  }

  /// As [#call], where the answer is a list of any length.
  public <T> T list(String what, Function<DirectoryGrpc.DirectoryBlockingStub, T> call) {
    return call(what, DirectoryGrpc::newBlockingStub, call, LIST_DEADLINE_SECONDS);
  }

  /// As [#call], to the outbound queue.
  public <T> T callQueue(String what, Function<QueueGrpc.QueueBlockingStub, T> call) {
    return call(what, QueueGrpc::newBlockingStub, call);
  }

  /// As [#call], about what became of mail.
  public <T> T callTrace(String what, Function<TraceGrpc.TraceBlockingStub, T> call) {
    return call(what, TraceGrpc::newBlockingStub, call);
  }

  /// As [#call], about keys that sign mail.
  public <T> T callDkim(String what, Function<DkimGrpc.DkimBlockingStub, T> call) {
    return call(what, DkimGrpc::newBlockingStub, call);
  }

  /// As [#call], about rights on mailboxes.
  public <T> T callSharing(String what, Function<SharingGrpc.SharingBlockingStub, T> call) {
    return call(what, SharingGrpc::newBlockingStub, call);
  }

  private <S extends AbstractStub<S>, T> T call(
      String what, Function<Channel, S> service, Function<S, T> call) {
    return call(what, service, call, DEADLINE_SECONDS);
  }

  private <S extends AbstractStub<S>, T> T call(
      String what, Function<Channel, S> service, Function<S, T> call, long seconds) {
    S stub =
        service
            .apply(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .withDeadlineAfter(seconds, TimeUnit.SECONDS);
    try {
      return call.apply(stub);
    } catch (StatusRuntimeException e) {
      throw new StoreRefusal(code(e), line(what, e, seconds));
    }
  }

  /// The store said no.
  public static final class StoreRefusal extends RuntimeException {
    private final ErrorCode code;

    StoreRefusal(ErrorCode code, String line) {
      super(line);
      this.code = code;
    }

    /// Why.
    public ErrorCode code() {
      return code;
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private String line(String what, StatusRuntimeException e, long seconds) {
    var text = e.getStatus().getDescription();
    return switch (code(e)) {
      case DOMAIN_NOT_FOUND -> what + ": its domain is not known: add it with `domain add`";
      case MAILBOX_NOT_FOUND -> what + ": no such mailbox";
      case ALIAS_NOT_FOUND -> what + ": no such alias";
      case GROUP_NOT_FOUND -> what + ": no such group";
      case IN_USE -> what + " is in use: remove its users and aliases first";
      case CREDENTIAL_INVALID, CREDENTIAL_EXPIRED, CREDENTIAL_REVOKED ->
          server + " does not know this credential: check --data or --credential-file";
      case PERMISSION_DENIED -> "this credential may not do that: use an administrator's";
      case ALREADY_EXISTS, ACCOUNT_NOT_FOUND, INVALID_ARGUMENT, LIMIT, CANNOT, MESSAGE_NOT_FOUND ->
          what + ": " + (text == null ? "refused" : text);
      case UNAVAILABLE, TRY_LATER ->
          "the store at " + server + " cannot do it now: try again later";
      default -> transport(what, e, text, seconds);
    };
  }

  private String transport(
      String what, StatusRuntimeException e, @Nullable String text, long seconds) {
    return switch (e.getStatus().getCode()) {
      case UNAVAILABLE ->
          "no store answers at " + server + ": is it running? (start it with `mailwing up`)";
      case DEADLINE_EXCEEDED ->
          "the store at " + server + " did not answer within " + seconds + " s";
      case UNIMPLEMENTED -> "the store at " + server + " is of another version: it lacks this call";
      default -> what + ": " + e.getStatus().getCode() + (text == null ? "" : ": " + text);
    };
  }

  private static ErrorCode code(StatusRuntimeException e) {
    var trailers = e.getTrailers();
    var name = trailers == null ? null : trailers.get(ERROR);
    if (name == null) {
      return ErrorCode.ERROR_CODE_UNSPECIFIED;
    }
    try {
      return ErrorCode.valueOf(name);
    } catch (IllegalArgumentException unknown) {
      return ErrorCode.ERROR_CODE_UNSPECIFIED;
    }
  }

  private static ChannelCredentials credentials(StoreOptions.Target target) {
    if (target.ca().isEmpty()) {
      if (!target.plaintext() && !isThisHost(target.server())) {
        throw new CliException(
            "a credential is not sent in the clear to "
                + target.server()
                + ": give --ca FILE for TLS, or --plaintext");
      }
      return InsecureChannelCredentials.create();
    }
    try {
      var tls = TlsChannelCredentials.newBuilder().trustManager(target.ca().get().toFile());
      if (target.cert().isPresent() && target.key().isPresent()) {
        tls.keyManager(target.cert().get().toFile(), target.key().get().toFile());
      }
      return tls.build();
    } catch (IOException | IllegalArgumentException e) {
      throw new CliException("cannot use the certificate files: " + e.getMessage());
    }
  }

  private static boolean isThisHost(String server) {
    var host = server.replaceAll(":[0-9]+$", "").replaceAll("^\\[|\\]$", "");
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
