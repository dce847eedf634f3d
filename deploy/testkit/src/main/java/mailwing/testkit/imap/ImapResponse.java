package mailwing.testkit.imap;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One response of a server.
///
/// @param tag `*`, `+` or a command's tag
/// @param name `OK`, `FETCH`, `LIST`, ... in upper case; empty for `+`
/// @param number of EXISTS, RECENT, EXPUNGE and FETCH, else -1
/// @param code a response code with its arguments, null if none
/// @param text of a status response or continuation
/// @param data what follows the name: strings, numbers, nested lists
/// @param items FETCH's items by name; octets are `ByteString`, NIL is null
public record ImapResponse(
    String tag,
    String name,
    long number,
    @Nullable String code,
    String text,
    List<Object> data,
    Map<String, @Nullable Object> items) {}
