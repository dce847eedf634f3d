package mailwing.smtp.dkim;

import java.net.IDN;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A DKIM-Signature field, read (RFC 6376 §3.5).
///
/// @param headers `h=` in lower case, in order
/// @param length `l=`, `Long.MAX_VALUE` where it is not there
/// @param expires `x=` in seconds, `Long.MAX_VALUE` where it is not there
/// @param sameDomain the identity's domain is `d=` itself
record DkimSignature(
    String algorithm,
    String domain,
    String selector,
    boolean relaxedHeader,
    boolean relaxedBody,
    List<String> headers,
    String bodyHash,
    String signature,
    long length,
    long expires,
    boolean sameDomain) {

  /// A field that cannot be used.
  static final class MalformedException extends Exception {
    MalformedException(String reason) {
      super(reason, null, false, false);
    }
  }

  private static final int HEADERS_MAX = 500;
  private static final int NAME_MAX = 253;

  static DkimSignature read(TagList tags) throws MalformedException {
    if (!"1".equals(tags.get("v").orElse(""))) {
      throw new MalformedException("no version 1");
    }
    return read(tags, tags.compact("i"));
  }

  /// An ARC-Message-Signature, where `i=` is something else (RFC 8617 §4.1.2).
  static DkimSignature readChained(TagList tags) throws MalformedException {
    return read(tags, Optional.empty());
  }

  private static DkimSignature read(TagList tags, Optional<String> author)
      throws MalformedException {
    String domain = domain(needed(tags, "d"));
    String selector = needed(tags, "s").toLowerCase(Locale.ROOT);
    if (domain.isEmpty()
        || !selector.matches("[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
        || selector.length() + domain.length() > NAME_MAX) {
      throw new MalformedException("bad domain or selector");
    }
    String[] forms =
        tags.compact("c").orElse("simple/simple").toLowerCase(Locale.ROOT).split("/", 2);
    boolean relaxedBody = forms.length == 2 && relaxed(forms[1]);
    List<String> headers = new ArrayList<>();
    for (String name : needed(tags, "h").toLowerCase(Locale.ROOT).split(":", -1)) {
      headers.add(name);
    }
    if (!headers.contains("from") || headers.size() > HEADERS_MAX) {
      throw new MalformedException("From is not signed");
    }
    if (tags.compact("q").filter(q -> !List.of(q.split(":", -1)).contains("dns/txt")).isPresent()) {
      throw new MalformedException("no way to get the key");
    }
    String identity = author.map(DkimSignature::identity).orElse(domain);
    if (!identity.equals(domain) && !identity.endsWith("." + domain)) {
      throw new MalformedException("the identity is of another domain");
    }
    return new DkimSignature(
        needed(tags, "a").toLowerCase(Locale.ROOT),
        domain,
        selector,
        relaxed(forms[0]),
        relaxedBody,
        List.copyOf(headers),
        needed(tags, "bh"),
        needed(tags, "b"),
        number(tags, "l"),
        number(tags, "x"),
        identity.equals(domain));
  }

  private static String needed(TagList tags, String name) throws MalformedException {
    return tags.compact(name)
        .filter(value -> !value.isEmpty())
        .orElseThrow(() -> new MalformedException("no " + name + "="));
  }

  private static boolean relaxed(String form) throws MalformedException {
    return switch (form) {
      case "relaxed" -> true;
      case "simple" -> false;
      default -> throw new MalformedException("unknown canonical form");
    };
  }

  private static long number(TagList tags, String name) throws MalformedException {
    Optional<String> text = tags.compact(name);
    if (text.isEmpty()) {
      return Long.MAX_VALUE;
    }
    if (!text.get().matches("[0-9]{1,76}")) {
      throw new MalformedException("bad " + name + "=");
    }
    return text.get().length() > 18 ? Long.MAX_VALUE : Long.parseLong(text.get());
  }

  private static String identity(String value) {
    return domain(value.substring(value.lastIndexOf('@') + 1));
  }

  /// In A-labels and lower case (RFC 8616 §4); empty for what is no domain.
  private static String domain(String text) {
    try {
      String ascii = IDN.toASCII(text).toLowerCase(Locale.ROOT);
      return ascii.matches("[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*") && ascii.length() <= NAME_MAX
          ? ascii
          : "";
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  byte[] signatureOctets() throws MalformedException {
    return base64(signature);
  }

  byte[] bodyHashOctets() throws MalformedException {
    return base64(bodyHash);
  }

  private static byte[] base64(String text) throws MalformedException {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedException("not base64");
    }
  }
}
