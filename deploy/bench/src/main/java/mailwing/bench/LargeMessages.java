package mailwing.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// The mail of ten years: conversations, some hundred senders, dates that come nearly in order,
/// plain text, HTML and attachments. Each message is made anew from its number, so that any number
/// of them takes no memory but for who answers whom.
final class LargeMessages {
  /// A word in one message only.
  static final String RARE = "xylothek";

  /// A word in the text of every message.
  static final String COMMON = "meeting";

  /// A word in no message.
  static final String ABSENT = "qwyxzvhj";

  /// A subject that many conversations share.
  static final String SHARED_SUBJECT = "Weekly report";

  private static final int NONE = -1;
  private static final int REFERENCES = 20;
  private static final int SENDERS = 400;
  private static final int WORDS = 3000;
  private static final long FROM_SECONDS = Instant.parse("2016-01-01T06:00:00Z").getEpochSecond();
  private static final long SECONDS = 10L * 365 * 24 * 3600;
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT);
  private static final DateTimeFormatter INTERNAL_DATE =
      DateTimeFormatter.ofPattern("dd-MMM-yyyy HH:mm:ss Z", Locale.ROOT);
  private static final String SYLLABLES =
      "ba be bi bo da de di do fa fe ga ge ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe ra"
          + " re ri ro sa se si so sta stri ta te ti to tra va ve vi wa wen zu";
  private static final List<String> FIRST_NAMES =
      List.of(
          "Anna",
          "Ben",
          "Chloe",
          "David",
          "Elena",
          "Farid",
          "Grete",
          "Hugo",
          "Ines",
          "Jonas",
          "=?UTF-8?Q?J=C3=BCrgen?=",
          "Kim",
          "Lena",
          "Marco",
          "=?UTF-8?B?5aSq6YOO?=",
          "Nora");

  private final int octets;
  private final int[] parents;
  private final String[] words = new String[WORDS];

  /// @param count how many there are
  /// @param octets the size of each, about
  LargeMessages(int count, int octets) {
    this.octets = octets;
    this.parents = new int[count];
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      boolean answer = i > 0 && random.nextInt(100) < 65;
      parents[i] = answer ? Math.max(0, i - 1 - (int) (-60 * Math.log(random.nextDouble()))) : NONE;
    }
    List<String> syllables = List.of(SYLLABLES.split(" "));
    for (int i = 0; i < WORDS; i++) {
      StringBuilder word = new StringBuilder();
      for (int s = 2 + random.nextInt(3); s > 0; s--) {
        word.append(syllables.get(random.nextInt(syllables.size())));
      }
      words[i] = word.toString();
    }
  }

  int count() {
    return parents.length;
  }

  static String messageId(int number) {
    return "<" + number + ".large@bench.test>";
  }

  /// Flags as APPEND takes them.
  String flags(int number) {
    return switch (new Random(number).nextInt(10)) {
      case 0 -> "()";
      case 1 -> "(\\Flagged)";
      case 2, 3 -> "(\\Seen \\Answered)";
      case 4 -> "(\\Seen $Forwarded)";
      default -> "(\\Seen)";
    };
  }

  /// The date it came, ascending with the numbers.
  String internalDate(int number) {
    return INTERNAL_DATE.format(came(number));
  }

  private ZonedDateTime came(int number) {
    return Instant.ofEpochSecond(FROM_SECONDS + SECONDS * number / parents.length)
        .atZone(ZoneOffset.UTC);
  }

  /// The message, with CRLF line ends.
  byte[] octets(int number, String to) {
    Random random = new Random(number * 31L + 7);
    StringBuilder text = new StringBuilder(octets + 256);
    ZonedDateTime came = came(number);
    for (int hop = 3; hop > 0; hop--) {
      text.append("Received: from relay").append(hop).append(".example.org (203.0.113.");
      text.append(random.nextInt(250)).append(")\r\n\tby mx").append(hop);
      text.append(".bench.test with ESMTPS id ").append(Long.toHexString(random.nextLong()));
      text.append(";\r\n\t").append(DATE.format(came)).append("\r\n");
    }
    text.append("From: ").append(person(random.nextInt(SENDERS))).append("\r\n");
    text.append("To: <").append(to).append(">\r\n");
    int copies = random.nextInt(4);
    for (int i = 0; i < copies; i++) {
      text.append(i == 0 ? "Cc: " : ",\r\n\t").append(person(random.nextInt(SENDERS)));
    }
    text.append(copies == 0 ? "" : "\r\n");
    text.append("Subject: ").append(subject(number)).append("\r\n");
    ZonedDateTime sent =
        came.minusSeconds(random.nextInt(7200))
            .withZoneSameInstant(ZoneOffset.ofHours(random.nextInt(12) - 5));
    text.append("Date: ").append(DATE.format(sent)).append("\r\n");
    text.append("Message-ID: ").append(messageId(number)).append("\r\n");
    references(text, number);
    text.append("X-Mailer: bench\r\nMIME-Version: 1.0\r\n");
    switch (number % 10) {
      case 7, 8 -> alternative(text, random);
      case 9 -> withAttachment(text, random);
      default -> {
        text.append("Content-Type: text/plain; charset=utf-8\r\n");
        text.append("Content-Transfer-Encoding: 7bit\r\n\r\n");
        prose(text, random, octets - text.length());
      }
    }
    if (number == parents.length / 2) {
      text.insert(text.indexOf(COMMON, text.indexOf("\r\n\r\n")), RARE + " ");
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static String person(int number) {
    return FIRST_NAMES.get(number % FIRST_NAMES.size())
        + " Sender-"
        + number
        + " <sender"
        + number
        + "@site"
        + number % 40
        + ".example>";
  }

  private String subject(int number) {
    int root = number;
    while (parents[root] != NONE) {
      root = parents[root];
    }
    Random random = new Random(root);
    String start =
        random.nextInt(20) == 0
            ? SHARED_SUBJECT
            : word(random) + " " + word(random) + " =?UTF-8?Q?f=C3=BCr?= " + word(random);
    return root == number ? start : "Re: " + start;
  }

  /// The first and the last of those above it, as most mail programs keep them.
  private void references(StringBuilder text, int number) {
    int[] above = new int[REFERENCES];
    int count = 0;
    int root = number;
    for (int at = parents[number]; at != NONE; at = parents[at]) {
      if (count < REFERENCES - 1) {
        above[count++] = at;
      }
      root = at;
    }
    if (count == 0) {
      return;
    }
    if (above[count - 1] != root) {
      above[count++] = root;
    }
    text.append("In-Reply-To: ").append(messageId(above[0])).append("\r\nReferences:");
    for (int i = count - 1; i >= 0; i--) {
      text.append(' ').append(messageId(above[i])).append(i > 0 ? "\r\n" : "");
    }
    text.append("\r\n");
  }

  private void alternative(StringBuilder text, Random random) {
    text.append("Content-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n--alt\r\n");
    text.append("Content-Type: text/plain; charset=utf-8\r\n\r\n");
    int each = (octets - text.length() - 200) / 2;
    prose(text, random, each);
    text.append("--alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>");
    prose(text, random, each);
    text.append("</p></body></html>\r\n--alt--\r\n");
  }

  private void withAttachment(StringBuilder text, Random random) {
    text.append("Content-Type: multipart/mixed; boundary=\"mix\"\r\n\r\n--mix\r\n");
    text.append("Content-Type: text/plain; charset=utf-8\r\n\r\n");
    int each = (octets - text.length() - 200) / 2;
    prose(text, random, each);
    text.append("--mix\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n");
    text.append("Content-Disposition: attachment; filename=\"report.pdf\"\r\n");
    text.append("Content-Transfer-Encoding: base64\r\n\r\n");
    byte[] data = new byte[Math.max(3, each * 3 / 4)];
    random.nextBytes(data);
    text.append(Base64.getMimeEncoder().encodeToString(data)).append("\r\n--mix--\r\n");
  }

  private void prose(StringBuilder text, Random random, int length) {
    int end = text.length() + Math.max(80, length);
    text.append(COMMON);
    int column = 0;
    while (text.length() < end) {
      String word = word(random);
      column += word.length() + 1;
      text.append(column > 68 ? "\r\n" : " ").append(word);
      column = column > 68 ? word.length() : column;
    }
    text.append("\r\n");
  }

  /// Some words far more often than others.
  private String word(Random random) {
    double share = random.nextDouble();
    return words[(int) (share * share * share * WORDS)];
  }
}
