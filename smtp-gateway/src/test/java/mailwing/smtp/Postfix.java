package mailwing.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mailwing.testkit.TestTls;

/// A Postfix in a directory of the test's own, for second.test on a free port of loopback. It needs
/// root, and Debian's package; it has nothing to do with the machine's own Postfix.
final class Postfix implements AutoCloseable {
  private static final Path COMMAND = Path.of("/usr/sbin/postfix");

  // What takes mail, keeps its queue, delivers and reports; the format of master(5).
  private static final String SERVICES =
      """
      127.0.0.1:@PORT@ inet n - n - - smtpd
      pickup unix n - n 1 1 pickup
      cleanup unix n - n - 0 cleanup
      qmgr unix n - n 5 1 qmgr
      tlsmgr unix - - n 1000? 1 tlsmgr
      rewrite unix - - n - - trivial-rewrite
      bounce unix - - n - 0 bounce
      defer unix - - n - 0 bounce
      trace unix - - n - 0 bounce
      verify unix - - n - 1 verify
      flush unix n - n 1000? 0 flush
      proxymap unix - - n - - proxymap
      smtp unix - - n - - smtp
      relay unix - - n - - smtp
      error unix - - n - - error
      retry unix - - n - - error
      virtual unix - n n - - virtual
      anvil unix - - n - 1 anvil
      scache unix - - n - 1 scache
      postlog unix-dgram n - n - 1 postlogd
      """;

  private static final String SETTINGS =
      """
      compatibility_level = 3.6
      queue_directory = @D@/queue
      data_directory = @D@/data
      command_directory = /usr/sbin
      daemon_directory = /usr/lib/postfix/sbin
      mail_owner = postfix
      setgid_group = postdrop
      meta_directory = /etc/postfix
      shlib_directory = /usr/lib/postfix
      maillog_file = @D@/log/mail.log
      maillog_file_prefixes = @D@
      inet_interfaces = 127.0.0.1
      inet_protocols = ipv4
      myhostname = mail.second.test
      mydestination =
      mynetworks = 127.0.0.0/8
      local_recipient_maps =
      alias_maps =
      alias_database =
      biff = no
      virtual_mailbox_domains = second.test
      virtual_mailbox_base = @D@/mail
      virtual_mailbox_maps = static:box/
      virtual_uid_maps = static:65534
      virtual_gid_maps = static:65534
      transport_maps = inline:{example.test=smtp:[127.0.0.1]:@BACK@}
      smtpd_recipient_restrictions =
        check_recipient_access inline:{ {never@second.test = 550 5.1.1 nobody} {later@second.test = 450 4.7.1 later} },
        permit_mynetworks, reject
      smtpd_tls_cert_file = @CERTIFICATE@
      smtpd_tls_key_file = @KEY@
      smtpd_tls_security_level = may
      smtpd_tls_received_header = yes
      smtp_tls_security_level = may
      smtpd_peername_lookup = no
      smtputf8_enable = yes
      """;

  private final Path directory;
  private final int port;

  private Postfix(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  static boolean isHere() {
    return Files.isExecutable(COMMAND) && "root".equals(System.getProperty("user.name"));
  }

  /// @param back the port that mail for example.test goes to
  static Postfix start(Path directory, int back) throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Postfix postfix = new Postfix(directory, port);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String name : List.of("etc", "queue", "data", "log", "mail")) {
      Files.createDirectory(directory.resolve(name));
    }
    postfix.own("data", "postfix");
    postfix.own("mail", "nobody");
    Path etc = directory.resolve("etc");
    Path key = etc.resolve("key.pem");
    Files.copy(TestTls.shared().key(), key);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Path certificate = etc.resolve("certificate.pem");
    Files.copy(TestTls.shared().certificate(), certificate);
    Files.writeString(
        etc.resolve("main.cf"),
        SETTINGS
            .replace("@D@", directory.toString())
            .replace("@BACK@", Integer.toString(back))
            .replace("@CERTIFICATE@", certificate.toString())
            .replace("@KEY@", key.toString()));
    Files.writeString(etc.resolve("master.cf"), SERVICES.replace("@PORT@", Integer.toString(port)));
    postfix.command("start");
    return postfix;
  }

  private void own(String name, String user) throws IOException {
    Path path = directory.resolve(name);
    Files.setOwner(
        path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
  }

  private void command(String what) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(COMMAND.toString(), "-c", directory.resolve("etc").toString(), what)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log/" + what).toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(
          "postfix " + what + ": " + Files.readString(directory.resolve("log/" + what)) + log());
    }
  }

  String log() throws IOException {
    Path log = directory.resolve("log/mail.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  int port() {
    return port;
  }

  /// Has its queue been worked again at once.
  void flush() throws IOException, InterruptedException {
    command("flush");
  }

  /// What was delivered, each character an octet, in no order.
  List<String> mail() throws IOException {
    List<String> mail = new ArrayList<>();
    Path fresh = directory.resolve("mail/box/new");
    if (Files.isDirectory(fresh)) {
      try (Stream<Path> files = Files.list(fresh)) {
        for (Path file : files.toList()) {
          mail.add(Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
    return mail;
  }

  @Override
  public void close() throws IOException {
    try {
      command("stop");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
