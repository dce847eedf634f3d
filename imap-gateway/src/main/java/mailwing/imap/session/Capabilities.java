package mailwing.imap.session;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.gateway.Connection;
import mailwing.gateway.Mechanism;
import mailwing.imap.ImapConfig;
import mailwing.imap.protocol.Grammar;
import org.jspecify.annotations.Nullable;

/// What is announced (RFC 9051 §7.2.2): only what works wholly, and only where it may be used.
public final class Capabilities {
  private static final List<String> ALWAYS =
      List.of("IMAP4rev1", "IMAP4rev2", "SASL-IR", "ID", "ENABLE", "IDLE", "LANGUAGE");

  /// One a line, so that families of commands do not meet here.
  private static final List<String> AFTER_LOGIN =
      List.of(
          "NAMESPACE", //
          "ACL", //
          "RIGHTS=texk", //
          "LIST-MYRIGHTS", //
          "CREATE-SPECIAL-USE", //
          "LIST-EXTENDED", //
          "LIST-STATUS", //
          "STATUS=SIZE", //
          "METADATA", //
          "LIST-METADATA", //
          "QUOTA", //
          "QUOTASET", //
          "QUOTA=RES-STORAGE", //
          "QUOTA=RES-MESSAGE", //
          "QUOTA=RES-MAILBOX", //
          "UIDPLUS", //
          "UTF8=ACCEPT", //
          "MOVE", //
          "UNSELECT", //
          "CHILDREN", //
          "SPECIAL-USE", //
          "MULTIAPPEND", //
          "BINARY", //
          "CATENATE", //
          "URL-PARTIAL", //
          "URLAUTH", //
          "URLAUTH=BINARY", //
          "REPLACE", //
          "CONDSTORE", //
          "QRESYNC", //
          "OBJECTID", //
          "SAVEDATE", //
          "UIDONLY", //
          "INPROGRESS", //
          "NOTIFY", //
          "ESEARCH", //
          "SEARCHRES", //
          "WITHIN", //
          "SORT", //
          "SORT=DISPLAY", //
          "ESORT", //
          "THREAD=ORDEREDSUBJECT", //
          "THREAD=REFERENCES", //
          "THREAD=REFS", //
          "CONTEXT=SEARCH", //
          "CONTEXT=SORT", //
          "SEARCH=FUZZY", //
          "FILTERS", //
          "MULTISEARCH", //
          "PARTIAL", //
          "I18NLEVEL=1", //
          "UIDBATCHES", //
          "PREVIEW" //
          );

  /// What the parser lets through beside [Grammar#BASE]: the grammar of what is announced.
  private static final List<Grammar> GRAMMAR =
      List.of(
          Grammar.ACL, //
          Grammar.LIST_MYRIGHTS, //
          Grammar.CREATE_SPECIAL_USE, //
          Grammar.LANGUAGE, //
          Grammar.LIST_EXTENDED, //
          Grammar.LIST_STATUS, //
          Grammar.STATUS_SIZE, //
          Grammar.METADATA, //
          Grammar.LIST_METADATA, //
          Grammar.QUOTA, //
          Grammar.MULTIAPPEND, //
          Grammar.BINARY, //
          Grammar.CATENATE, //
          Grammar.URLAUTH, //
          Grammar.REPLACE, //
          Grammar.APPENDLIMIT, //
          Grammar.COMPRESS, //
          Grammar.CONDSTORE, //
          Grammar.NOTIFY, //
          Grammar.QRESYNC, //
          Grammar.OBJECTID, //
          Grammar.UTF8_ACCEPT, //
          Grammar.ESEARCH, //
          Grammar.SEARCHRES, //
          Grammar.WITHIN, //
          Grammar.SORT, //
          Grammar.SORT_DISPLAY, //
          Grammar.ESORT, //
          Grammar.THREAD, //
          Grammar.PARTIAL, //
          Grammar.CONTEXT_SEARCH, //
          Grammar.CONTEXT_SORT, //
          Grammar.SEARCH_FUZZY, //
          Grammar.FILTERS, //
          Grammar.MULTISEARCH, //
          Grammar.PREVIEW, //
          Grammar.UIDBATCHES, //
          Grammar.SAVEDATE //
          );

  /// What ENABLE switches on.
  private static final List<Feature> FEATURES =
      List.of( //
          Feature.CONDSTORE,
          Feature.QRESYNC,
          Feature.UIDONLY,
          Feature.UTF8_ACCEPT, //
          Feature.IMAP4REV2 //
          );

  private Capabilities() {}

  /// Of a session in its present state.
  public static List<String> of(Session session) {
    List<String> capabilities = new ArrayList<>(ALWAYS);
    Connection connection = session.connection();
    ImapConfig config = session.services().config();
    capabilities.add(
        switch (config.literals()) {
          case PLUS -> "LITERAL+";
          case MINUS -> "LITERAL-";
        });
    if (session.state() instanceof SessionState.LoggedIn) {
      capabilities.addAll(AFTER_LOGIN);
      capabilities.add("APPENDLIMIT=" + config.maxMessage());
      if (!connection.compressed()) {
        capabilities.add("COMPRESS=DEFLATE");
      }
      if (config.policy().commandMessages() > 0) {
        capabilities.add("MESSAGELIMIT=" + config.policy().commandMessages());
      } else if (config.policy().savedMessages() > 0) {
        capabilities.add("SAVELIMIT=" + config.policy().savedMessages());
      }
      if (config.policy().unauthenticate()) {
        capabilities.add("UNAUTHENTICATE");
      }
      return capabilities;
    }
    capabilities.add("LOGIN-REFERRALS");
    if (connection.canStartTls()) {
      capabilities.add("STARTTLS");
    }
    if (!connection.mayLogIn()) {
      capabilities.add("LOGINDISABLED");
    }
    for (Mechanism mechanism : config.mechanisms()) {
      if (mechanism.allowedOn(connection)) {
        capabilities.add("AUTH=" + mechanism.saslName());
      }
    }
    return capabilities;
  }

  /// The grammar of what is announced.
  public static Set<Grammar> grammar(ImapConfig config) {
    Set<Grammar> grammar = EnumSet.copyOf(Grammar.BASE);
    grammar.addAll(Grammar.IMAP4REV2);
    grammar.addAll(GRAMMAR);
    if (config.policy().commandMessages() > 0) {
      grammar.add(Grammar.MESSAGELIMIT);
    }
    if (config.policy().unauthenticate()) {
      grammar.add(Grammar.UNAUTHENTICATE);
    }
    if (config.literals() == ImapConfig.Literals.MINUS) {
      grammar.remove(Grammar.LITERAL_PLUS);
      grammar.add(Grammar.LITERAL_MINUS);
    }
    return grammar;
  }

  /// By its name in upper case; null where there is none to be switched on.
  static @Nullable Feature feature(String name) {
    for (Feature feature : FEATURES) {
      if (feature.wire().equalsIgnoreCase(name)) {
        return feature;
      }
    }
    return null;
  }
}
