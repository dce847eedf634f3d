package mailwing.imap.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/// Messages as nobody should write them, from a seed.
final class HostileMessages {
  private static final List<String> FIELDS =
      List.of(
          "From: a@example.org",
          "From: \"Unfinished <a@example.org>",
          "From: =?utf-8?q?J=C3=B6?= =?utf-8?b?rg==?= <j@example.org>, group: a@b, c@d;, <@x:y@z>",
          "To: " + "(".repeat(400) + "comment" + ")".repeat(300) + " b@example.org",
          "To: ;;,,<>@:",
          "Cc: =?utf-8?b?/////w==?= <c@example.org>",
          "Subject: Re: Fwd: [list] Re: message",
          "Subject: =?x-unknown?q?=ZZ?= =?utf-8?x?y?= =?",
          "Subject: \t \r\n folded\r\n\t\r\n  message",
          "Subject:",
          "Date: Sat, 21 Nov 2026 20:00:00 +0000",
          "Date: Fri, 99 Foo 99999 99:99:99 +9999",
          "Date: 1",
          "Message-ID: <a@example.org>",
          "Message-ID: " + "<".repeat(50),
          "In-Reply-To: <a@example.org> <b@example.org>",
          "References: <a@example.org> <b@example.org> <a@example.org> <>",
          "Reply-To: undisclosed-recipients:;",
          "MIME-Version: 1.0",
          "Content-Type: text/plain; charset=utf-8",
          "Content-Type: text/plain; charset=\"; x=\"\\",
          "Content-Type: multipart/mixed",
          "Content-Type: ; / = boundary",
          "Content-Type: message/rfc822",
          "Content-Type: text/html; charset=x-none; name*0*=utf-8''%ff; name*1=b; name*99999=c",
          "Content-Transfer-Encoding: base64",
          "Content-Transfer-Encoding: quoted-printable",
          "Content-Transfer-Encoding: x-uuencode",
          "Content-Disposition: attachment; filename==?utf-8?q?=41?=; size=-1",
          "Content-Language: de, en, ,,",
          "Content-Location: /a b",
          "Content-MD5: x",
          "Content-ID: <>",
          "no colon here",
          ": empty name",
          "X-Long: " + "x".repeat(3000),
          "X-8bit: é\u00ff");

  private final Random random;

  HostileMessages(Random random) {
    this.random = random;
  }

  /// Of about so many octets at most, but where many parts or fields are the point; NUL only where
  /// it may be.
  byte[] next(int size, boolean nul) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (random.nextInt(40)) {
      case 0 -> out.writeBytes(fields(1500));
      case 1 -> out.writeBytes(parts(600));
      case 2 -> out.writeBytes(nested(120));
      case 3 -> out.writeBytes(messagesWithin(60));
      case 4 -> noise(out, size, nul);
      case 5 -> {}
      case 6 -> put(out, "\r\n");
      default -> {
        entity(out, size, 3);
        if (nul) {
          noise(out, 20, true);
        }
      }
    }
    return out.toByteArray();
  }

  /// So many header fields.
  static byte[] fields(int count) {
    StringBuilder text = new StringBuilder("Subject: flood\r\n");
    for (int i = 0; i < count; i++) {
      text.append("X-Flood: ").append(i).append("\r\n");
    }
    return text.append("\r\nx\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  /// So many parts beside each other.
  static byte[] parts(int count) {
    StringBuilder text =
        new StringBuilder("Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int i = 0; i < count; i++) {
      text.append("--b\r\nContent-Type: text/plain; name=p").append(i).append("\r\n\r\npart\r\n");
    }
    return text.append("--b--\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  /// So many multiparts, each within the one before.
  static byte[] nested(int depth) {
    StringBuilder text = new StringBuilder("Subject: nested\r\n");
    for (int i = 0; i < depth; i++) {
      text.append("Content-Type: multipart/mixed; boundary=b").append(i);
      text.append("\r\n\r\n--b").append(i).append("\r\n");
    }
    return text.append("\r\ndeep\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  /// So many messages, each within the one before.
  static byte[] messagesWithin(int depth) {
    return "Subject: within\r\nContent-Type: message/rfc822\r\n\r\n"
        .repeat(depth)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void entity(ByteArrayOutputStream out, int size, int depth) {
    for (int i = random.nextInt(9); i >= 0; i--) {
      put(out, FIELDS.get(random.nextInt(FIELDS.size())) + lineEnd());
    }
    if (depth > 0 && random.nextInt(3) == 0) {
      String boundary = "=_" + random.nextInt(3);
      put(out, "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n");
      for (int i = random.nextInt(4); i >= 0; i--) {
        put(out, "--" + boundary + lineEnd());
        entity(out, size / 4, depth - 1);
      }
      put(out, random.nextBoolean() ? "--" + boundary + "--\r\n" : "--" + boundary);
      return;
    }
    put(out, lineEnd());
    body(out, size);
  }

  private void body(ByteArrayOutputStream out, int size) {
    while (size > 0) {
      String line =
          switch (random.nextInt(7)) {
            case 0 -> "=E4=F6=ZZ==\r=\n=";
            case 1 -> "U29tZSBiYXNlNjQ=";
            case 2 -> "-- ";
            case 3 -> ".";
            case 4 -> "x".repeat(random.nextInt(1200));
            case 5 -> "é\u00ff Ünïcödé";
            default -> "Hello message";
          };
      put(out, line + lineEnd());
      size -= line.length() + 2;
    }
  }

  private void noise(ByteArrayOutputStream out, int size, boolean nul) {
    byte[] octets = new byte[size];
    random.nextBytes(octets);
    for (byte octet : octets) {
      out.write(octet == 0 && !nul ? ' ' : octet);
    }
  }

  private String lineEnd() {
    return switch (random.nextInt(30)) {
      case 0 -> "\n";
      case 1 -> "\r";
      default -> "\r\n";
    };
  }

  private static void put(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
