package mailwing.store.domain;

import java.util.List;
import java.util.TreeMap;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Keywords that a client gave: atoms (RFC 9051 section 9, flag-keyword), each once without regard
/// to case.
public record KeywordList(List<String> keywords) {
  private static final int MOST = 200;
  private static final int MAX_LENGTH = 255;

  /// INVALID_ARGUMENT for what is no keyword; LIMIT for too many.
  public static KeywordList of(List<String> given) {
    if (given.isEmpty()) {
      return new KeywordList(List.of());
    }
    if (given.size() > MOST) {
      throw new StoreException(ErrorCode.LIMIT, "too many keywords");
    }
    TreeMap<String, String> distinct = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String keyword : given) {
      if (!valid(keyword)) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "not a keyword");
      }
      distinct.putIfAbsent(keyword, keyword);
    }
    return new KeywordList(List.copyOf(distinct.values()));
  }

  private static boolean valid(String keyword) {
    if (keyword.isEmpty() || keyword.length() > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < keyword.length(); i++) {
      char c = keyword.charAt(i);
      if (c <= ' ' || c >= 0x7f || "(){%*\"\\]".indexOf(c) >= 0) {
        return false;
      }
    }
    return true;
  }
}
