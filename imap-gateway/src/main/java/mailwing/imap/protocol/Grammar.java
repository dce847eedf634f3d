package mailwing.imap.protocol;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/// Switches of the parser: grammar that is not announced to clients is BAD.
public enum Grammar {
  /// LSUB, CHECK, STATUS RECENT, RFC822 (RFC 3501).
  IMAP4REV1,
  /// RFC 7888: any size of non-synchronising literal, or up to 4,096 octets.
  LITERAL_PLUS,
  LITERAL_MINUS,
  /// RFC 4959.
  SASL_IR,
  /// RFC 2971.
  ID,
  /// RFC 2177.
  IDLE,
  /// RFC 2342.
  NAMESPACE,
  /// RFC 4315.
  UIDPLUS,
  /// RFC 6851.
  MOVE,
  /// RFC 3691.
  UNSELECT,
  /// RFC 5161.
  ENABLE,
  /// RFC 6154: SPECIAL-USE in LIST; CREATE_SPECIAL_USE: USE in CREATE.
  SPECIAL_USE,
  CREATE_SPECIAL_USE,
  /// RFC 5258, 5819.
  LIST_EXTENDED,
  LIST_STATUS,
  /// RFC 8438.
  STATUS_SIZE,
  /// STATUS (DELETED) of RFC 9051.
  STATUS_DELETED,
  /// RFC 7162.
  CONDSTORE,
  QRESYNC,
  /// RFC 4731, 5182.
  ESEARCH,
  SEARCHRES,
  /// RFC 5032.
  WITHIN,
  /// RFC 5256, 5957.
  SORT,
  SORT_DISPLAY,
  THREAD,
  /// RFC 5267.
  ESORT,
  CONTEXT_SEARCH,
  CONTEXT_SORT,
  /// RFC 3502.
  MULTIAPPEND,
  /// RFC 4469.
  CATENATE,
  /// RFC 3516: FETCH BINARY and literal8.
  BINARY,
  /// RFC 8508.
  REPLACE,
  /// RFC 9394.
  PARTIAL,
  /// RFC 8970.
  PREVIEW,
  /// RFC 8514.
  SAVEDATE,
  /// RFC 8474.
  OBJECTID,
  /// RFC 5464, 9590.
  METADATA,
  LIST_METADATA,
  /// RFC 4314, 8440.
  ACL,
  LIST_MYRIGHTS,
  /// RFC 9208.
  QUOTA,
  /// RFC 5465.
  NOTIFY,
  /// RFC 4978.
  COMPRESS,
  /// RFC 8437.
  UNAUTHENTICATE,
  /// RFC 5255.
  LANGUAGE,
  COMPARATOR,
  /// RFC 7377.
  MULTISEARCH,
  /// RFC 6203.
  SEARCH_FUZZY,
  /// RFC 5466.
  FILTERS,
  /// RFC 4467.
  URLAUTH,
  /// RFC 7889.
  APPENDLIMIT,
  /// RFC 6855: UTF8 (literal8) in APPEND.
  UTF8_ACCEPT,
  /// RFC 9738: UIDAFTER and UIDBEFORE in SEARCH.
  MESSAGELIMIT,
  /// RFC 10022.
  UIDBATCHES;

  /// IMAP4rev1 with LITERAL+, SASL-IR, ID, IDLE, NAMESPACE, UIDPLUS, MOVE, UNSELECT, ENABLE and
  /// SPECIAL-USE.
  public static final Set<Grammar> BASE =
      Collections.unmodifiableSet(
          EnumSet.of(
              IMAP4REV1,
              LITERAL_PLUS,
              SASL_IR,
              ID,
              IDLE,
              NAMESPACE,
              UIDPLUS,
              MOVE,
              UNSELECT,
              ENABLE,
              SPECIAL_USE));

  /// What IMAP4rev2 needs beside BASE (RFC 9051 appendix E).
  public static final Set<Grammar> IMAP4REV2 =
      Collections.unmodifiableSet(
          EnumSet.of(
              ESEARCH, SEARCHRES, LIST_EXTENDED, LIST_STATUS, STATUS_SIZE, STATUS_DELETED, BINARY));
}
