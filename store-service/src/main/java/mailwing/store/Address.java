package mailwing.store;

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.IDNA;
import com.ibm.icu.text.Normalizer2;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A mail address in the form that the store compares (RFC 5321 §4.1.2, RFC 6531 §3.3).
///
/// @param localPart NFC and case-folded, unquoted
/// @param domain lower case, U-labels
/// @param spelling the local part as it was given (NFC), `@`, the domain
public record Address(String localPart, String domain, String spelling) {
  private static final IDNA UTS46 =
      IDNA.getUTS46Instance(
          IDNA.USE_STD3_RULES
              | IDNA.CHECK_BIDI
              | IDNA.CHECK_CONTEXTJ
              | IDNA.NONTRANSITIONAL_TO_ASCII
              | IDNA.NONTRANSITIONAL_TO_UNICODE);

  /// Octets of a local part at most (RFC 5321 §4.5.3.1.1).
  private static final int LOCAL_MAX = 64;

  /// Reads local-part@domain, unquoted. Empty for what is no address.
  public static Optional<Address> parse(String text) {
    int at = text.lastIndexOf('@');
    if (at < 1 || text.length() > 400) {
      return Optional.empty();
    }
    Optional<String> domain = canonicalDomain(text.substring(at + 1));
    String local = text.substring(0, at);
    if (domain.isEmpty() || !local.codePoints().allMatch(Address::isPrintable)) {
      return Optional.empty();
    }
    return Optional.of(of(local, domain.get()));
  }

  /// As [#parse] but also refuses a local part that needs quotes, or is too long: what may be made.
  public static Optional<Address> parseNew(String text) {
    return parse(text)
        .filter(
            a -> {
              String local = a.spelling.substring(0, a.spelling.length() - a.domain.length() - 1);
              return local.getBytes(StandardCharsets.UTF_8).length <= LOCAL_MAX
                  && !local.startsWith(".")
                  && !local.endsWith(".")
                  && !local.contains("..")
                  && local.codePoints().allMatch(c -> c == '.' || c > 0x9f || isAtext(c));
            });
  }

  /// A path of SMTP's grammar as addresses are known here: unquoted (RFC 5321 §4.1.2).
  public static String unquoted(String path) {
    int at = path.lastIndexOf('@');
    if (!path.startsWith("\"") || at < 2 || path.charAt(at - 1) != '"') {
      return path;
    }
    StringBuilder local = new StringBuilder(path.length());
    for (int i = 1; i < at - 1; i++) {
      if (path.charAt(i) == '\\' && i + 1 < at - 1) {
        i++;
      }
      local.append(path.charAt(i));
    }
    return local + path.substring(at);
  }

  /// The address with another local part in the same domain.
  public Address withLocalPart(String local) {
    return of(local, domain);
  }

  /// The address with the same local part, as it was spelt, in another domain.
  public Address withDomain(String other) {
    return of(spelling.substring(0, spelling.length() - domain.length() - 1), other);
  }

  private static Address of(String local, String domain) {
    String nfc = Normalizer2.getNFCInstance().normalize(local);
    String folded = Normalizer2.getNFCInstance().normalize(UCharacter.foldCase(nfc, true));
    return new Address(folded, domain, nfc + "@" + domain);
  }

  /// The form in which domains are kept and compared: lower case, U-labels. A-labels are
  /// understood. Empty for what is no domain name; an address literal is none.
  public static Optional<String> canonicalDomain(String text) {
    if (text.isEmpty() || text.length() > 255 || text.endsWith(".")) {
      return Optional.empty();
    }
    IDNA.Info info = new IDNA.Info();
    String unicode = UTS46.nameToUnicode(text, new StringBuilder(), info).toString();
    if (info.hasErrors()) {
      return Optional.empty();
    }
    String ascii = UTS46.nameToASCII(unicode, new StringBuilder(), info).toString();
    return info.hasErrors() || ascii.length() > 253 ? Optional.empty() : Optional.of(unicode);
  }

  /// A domain name as DNS has it: lower case, A-labels. Empty for what is no domain name.
  public static Optional<String> asciiDomain(String text) {
    return canonicalDomain(text)
        .map(
            unicode -> UTS46.nameToASCII(unicode, new StringBuilder(), new IDNA.Info()).toString());
  }

  private static boolean isPrintable(int c) {
    return !Character.isISOControl(c) && Character.isDefined(c) && !isSurrogate(c);
  }

  private static boolean isSurrogate(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static boolean isAtext(int c) {
    return c < 128 && (Character.isLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".indexOf(c) >= 0);
  }

  @Override
  public String toString() {
    return spelling;
  }
}
