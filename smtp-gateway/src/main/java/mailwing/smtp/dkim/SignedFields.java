package mailwing.smtp.dkim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;

/// Which fields of a header section a signature of ours is over (RFC 6376 §5.4, §5.4.1).
final class SignedFields {
  /// Once more than there are: nobody can add one below the signature (RFC 6376 §5.4.2, §8.15).
  private static final List<String> SEALED =
      List.of(
          "From",
          "Reply-To",
          "Subject",
          "Date",
          "To",
          "Cc",
          "Message-ID",
          "In-Reply-To",
          "References",
          "MIME-Version",
          "Content-Type",
          "Content-Transfer-Encoding");

  /// Where they are there; a list that forwards the message may add its own.
  private static final List<String> SIGNED =
      List.of(
          "Sender",
          "Content-ID",
          "Content-Description",
          "Content-Disposition",
          "Content-Language",
          "Resent-Date",
          "Resent-From",
          "Resent-Sender",
          "Resent-To",
          "Resent-Cc",
          "Resent-Message-ID",
          "List-Id",
          "List-Help",
          "List-Unsubscribe",
          "List-Unsubscribe-Post",
          "List-Subscribe",
          "List-Post",
          "List-Owner",
          "List-Archive",
          "Autocrypt",
          "TLS-Report-Domain",
          "TLS-Report-Submitter");

  private static final int MOST = 200;

  private SignedFields() {}

  /// Names for `h=`, in order; empty where the section has more of them than is sane.
  static Optional<List<String>> of(HeaderScan scan) {
    List<String> names = new ArrayList<>();
    for (String name : SEALED) {
      add(names, name, scan.count(name.toLowerCase(Locale.ROOT)) + 1);
    }
    for (String name : SIGNED) {
      add(names, name, scan.count(name.toLowerCase(Locale.ROOT)));
    }
    return names.size() > MOST ? Optional.empty() : Optional.of(names);
  }

  private static void add(List<String> names, String name, int times) {
    for (int i = 0; i < times && names.size() <= MOST; i++) {
      names.add(name);
    }
  }
}
