package mailwing.bench.micro;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Random;

/// Messages as they come from mailing lists and mail programs: all the usual fields, addresses with
/// encoded words, references.
final class Samples {
  private Samples() {}

  /// Plain text.
  static byte[] plain(int octets) {
    StringBuilder text = header("text/plain; charset=utf-8");
    prose(text, octets);
    return ascii(text);
  }

  /// Text, HTML and a file within multiparts.
  static byte[] multipart(int octets) {
    StringBuilder text = header("multipart/mixed; boundary=\"=_mix\"");
    text.append("--=_mix\r\nContent-Type: multipart/alternative; boundary=\"=_alt\"\r\n\r\n");
    text.append("--=_alt\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    prose(text, octets / 4);
    text.append("--=_alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>");
    prose(text, octets / 2);
    text.append("</p>\r\n--=_alt--\r\n--=_mix\r\nContent-Type: application/pdf\r\n");
    text.append("Content-Disposition: attachment; filename=\"report.pdf\"\r\n");
    text.append("Content-Transfer-Encoding: base64\r\n\r\n");
    byte[] file = new byte[Math.max(300, (octets - text.length()) * 3 / 4)];
    new Random(1).nextBytes(file);
    text.append(Base64.getMimeEncoder().encodeToString(file)).append("\r\n--=_mix--\r\n");
    return ascii(text);
  }

  private static StringBuilder header(String contentType) {
    StringBuilder text = new StringBuilder();
    text.append("Return-Path: <bounces+1@lists.example.org>\r\n");
    for (int hop = 1; hop <= 3; hop++) {
      text.append("Received: from relay").append(hop).append(".example.org (192.0.2.").append(hop);
      text.append(")\r\n\tby mx.example.test with ESMTPS id 4f").append(hop);
      text.append("\r\n\tfor <alice@example.test>; Tue, 3 Feb 2026 10:00:00 +0000\r\n");
    }
    text.append("From: =?UTF-8?Q?J=C3=BCrgen_M=C3=BCller?= <juergen@example.org>\r\n");
    text.append("To: \"Alice Smith\" <alice@example.test>,\r\n\tbob@example.test\r\n");
    text.append("Cc: Team: carol@example.test, dave@example.test;\r\n");
    text.append("Subject: Re: =?UTF-8?B?R3LDvMOfZSBhdXMgSMOkbGxl?= and the weekly report\r\n");
    text.append("Date: Tue, 3 Feb 2026 11:00:00 +0100 (CET)\r\n");
    text.append("Message-ID: <7@example.org>\r\nIn-Reply-To: <6@example.org>\r\n");
    text.append("References: <1@example.org> <3@example.org>\r\n\t<6@example.org>\r\n");
    text.append("List-Id: <team.lists.example.org>\r\nMIME-Version: 1.0\r\n");
    return text.append("Content-Type: ").append(contentType).append("\r\n\r\n");
  }

  private static void prose(StringBuilder text, int octets) {
    Random random = new Random(2);
    int end = text.length() + octets;
    while (text.length() < end) {
      text.append(String.format(Locale.ROOT, "the quick report number %08x ", random.nextInt()));
      text.append("was read by all who wanted it\r\n");
    }
  }

  private static byte[] ascii(StringBuilder text) {
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }
}
