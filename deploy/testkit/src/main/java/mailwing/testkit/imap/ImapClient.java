package mailwing.testkit.imap;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import mailwing.testkit.TestStore;
import org.jspecify.annotations.Nullable;

/// A client that gives its commands the tag `a` and reads strictly.
public final class ImapClient implements AutoCloseable {
  private static final int WAIT_MILLIS = 120_000;
  private static final int PIECE = 64 * 1024;

  private final Socket socket;
  private final InputStream received;
  private OutputStream out;
  private ImapResponseReader in;

  /// Greeted.
  ///
  /// @param received what comes of the socket, perhaps by way of a stream that looks at it
  public ImapClient(Socket socket, InputStream received) throws IOException {
    this.socket = socket;
    this.received = received;
    socket.setSoTimeout(WAIT_MILLIS);
    out = socket.getOutputStream();
    in = new ImapResponseReader(new BufferedInputStream(received));
    if (!next().name().equals("OK")) {
      throw new AssertionError("not greeted");
    }
  }

  public static ImapClient connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    return new ImapClient(socket, socket.getInputStream());
  }

  /// Octets as they are.
  public void send(byte[] octets) throws IOException {
    out.write(octets);
    out.flush();
  }

  /// The beginning of a command, or all of it, behind the tag.
  public void send(String command) throws IOException {
    send(("a " + command).getBytes(StandardCharsets.UTF_8));
  }

  /// As user@example.test, whose password is `wing`.
  public void login(String user) throws IOException {
    done("LOGIN " + user + "@" + TestStore.DOMAIN + " wing");
  }

  /// ENABLE UTF8=ACCEPT (RFC 9755 §3).
  public void enableUtf8() throws IOException {
    done("ENABLE UTF8=ACCEPT");
    in.utf8(true);
  }

  /// COMPRESS DEFLATE (RFC 4978).
  public void compress() throws IOException {
    done("COMPRESS DEFLATE");
    out = new DeflaterOutputStream(out, new Deflater(6, true), true);
    InputStream inflating = new InflaterInputStream(received, new Inflater(true), PIECE);
    in = in.over(new BufferedInputStream(inflating));
  }

  /// The untagged responses of a command that must be answered OK.
  public List<ImapResponse> done(String command) throws IOException {
    send(command + "\r\n");
    List<ImapResponse> untagged = new ArrayList<>();
    ImapResponse response = next();
    while (!response.tag().equals("a")) {
      untagged.add(response);
      response = next();
    }
    if (!response.name().equals("OK")) {
      throw new AssertionError(command + ": " + response);
    }
    return untagged;
  }

  /// The next response of any kind.
  public ImapResponse next() {
    ImapResponse response = in.next();
    if (response == null) {
      throw new AssertionError("the server ended the stream");
    }
    return response;
  }

  /// The tagged response's name; with its code if it is not OK.
  public String answer() {
    ImapResponse response = next();
    while (!response.tag().equals("a")) {
      response = next();
    }
    return response.name().equals("OK") ? "OK" : response.name() + " " + response.code();
  }

  /// APPEND to INBOX; the answer.
  ///
  /// @param binary as a literal8, which may hold NULs (RFC 3516 §4.4)
  public String append(byte[] message, boolean binary) throws IOException {
    send("APPEND INBOX " + (binary ? "~" : "") + "{" + message.length + "+}\r\n");
    send(message);
    send(new byte[] {'\r', '\n'});
    return answer();
  }

  /// What UID FETCH tells of one message that is there.
  public Map<String, @Nullable Object> fetch(long uid, String items) throws IOException {
    for (ImapResponse response : done("UID FETCH " + uid + " " + items)) {
      if (response.name().equals("FETCH")
          && Long.valueOf(uid).equals(response.items().get("UID"))) {
        return response.items();
      }
    }
    throw new AssertionError("no FETCH of " + uid);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
