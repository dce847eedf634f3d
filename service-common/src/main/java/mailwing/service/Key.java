package mailwing.service;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One configuration key: its dotted kebab-case name, how its text is read, its default and what it
/// means.
///
/// The name in the YAML file is the path of its sections (`listeners.pop3.port`); the name in the
/// environment is `MAILWING_` and the same in capitals with `_` for each `.` and `-`
/// (`MAILWING_LISTENERS_POP3_PORT`). A secret key `store.credential` may also be given as
/// `store.credential-file`, whose value is a file that holds it.
///
/// @param <T> the type of the value
public final class Key<T> {
  /// Reads the text of a value; an `IllegalArgumentException` says in its message what is allowed.
  @FunctionalInterface
  public interface Reader<T> {
    T read(String text);
  }

  private final String name;
  private final String allowed;
  private final Reader<T> reader;
  private final @Nullable T defaultValue;
  private final boolean secret;
  private final boolean list;
  private final String doc;

  private Key(
      String name,
      String allowed,
      Reader<T> reader,
      @Nullable T defaultValue,
      boolean secret,
      boolean list,
      String doc) {
    if (!name.matches("[a-z0-9]+([.-][a-z0-9]+)*")) {
      throw new IllegalArgumentException("not a kebab-case key: " + name);
    }
    this.name = name;
    this.allowed = allowed;
    this.reader = reader;
    this.defaultValue = defaultValue;
    this.secret = secret;
    this.list = list;
    this.doc = doc;
  }

  /// Any key; a null default means that it has none (see {@link Settings#find} and {@link
  /// Settings#get}).
  public static <T> Key<T> of(
      String name, String allowed, Reader<T> reader, @Nullable T defaultValue, String doc) {
    return new Key<>(name, allowed, reader, defaultValue, false, false, doc);
  }

  public static Key<String> text(String name, @Nullable String defaultValue, String doc) {
    return of(name, "text", text -> text, defaultValue, doc);
  }

  public static Key<Boolean> flag(String name, boolean defaultValue, String doc) {
    return of(name, "true or false", Values::flag, defaultValue, doc);
  }

  public static Key<Integer> integer(
      String name, int min, int max, @Nullable Integer defaultValue, String doc) {
    String allowed = "a whole number from " + min + " to " + max;
    return of(name, allowed, text -> Values.integer(text, min, max), defaultValue, doc);
  }

  /// A port; 0 lets the system choose.
  public static Key<Integer> port(String name, @Nullable Integer defaultValue, String doc) {
    return integer(name, 0, 65535, defaultValue, doc);
  }

  /// A size in octets: `50 MiB`, `128KiB`, `4096`.
  public static Key<Long> size(String name, @Nullable String defaultValue, String doc) {
    return of(
        name,
        "a size such as 4096, 64 KiB or 50 MiB",
        Values::size,
        defaultValue == null ? null : Values.size(defaultValue),
        doc);
  }

  /// A time: `500ms`, `30s`, `35m`, `2h`, `7d`.
  public static Key<Duration> duration(String name, @Nullable String defaultValue, String doc) {
    return of(
        name,
        "a time such as 500ms, 30s, 35m, 2h or 7d",
        Values::duration,
        defaultValue == null ? null : Values.duration(defaultValue),
        doc);
  }

  public static Key<Path> path(String name, @Nullable Path defaultValue, String doc) {
    return of(name, "a path", Path::of, defaultValue, doc);
  }

  /// One of an enum's constants, written in kebab-case.
  public static <E extends Enum<E>> Key<E> choice(
      String name, Class<E> type, @Nullable E defaultValue, String doc) {
    List<E> constants = Arrays.asList(type.getEnumConstants());
    String allowed =
        constants.stream().map(Key::kebab).collect(Collectors.joining(", ", "one of ", ""));
    return of(
        name,
        allowed,
        text ->
            constants.stream()
                .filter(constant -> kebab(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(allowed)),
        defaultValue,
        doc);
  }

  /// A list of texts: a YAML list, or in one value separated by commas.
  public static Key<List<String>> list(String name, List<String> defaultValue, String doc) {
    return new Key<>(name, "a list", Values::list, List.copyOf(defaultValue), false, true, doc);
  }

  /// Networks as addresses or CIDR: a YAML list, or in one value separated by commas.
  public static Key<Networks> networks(String name, List<String> defaultValue, String doc) {
    return new Key<>(
        name,
        "a list of addresses or networks such as 10.0.0.0/8 and ::1",
        text -> Networks.parse(Values.list(text)),
        Networks.parse(defaultValue),
        false,
        true,
        doc);
  }

  /// A secret, given as the value, by environment, or as the file named by the key with `-file`
  /// after it.
  public static Key<Secret> secret(String name, String doc) {
    return new Key<>(
        name, "text, or a file by " + name + "-file", Secret::of, null, true, false, doc);
  }

  public String name() {
    return name;
  }

  /// What a value may be, for error messages and documentation.
  public String allowed() {
    return allowed;
  }

  public String doc() {
    return doc;
  }

  public boolean isSecret() {
    return secret;
  }

  public Optional<T> defaultValue() {
    return Optional.ofNullable(defaultValue);
  }

  /// The variable that overrides the key.
  public String variable() {
    return "MAILWING_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  boolean isList() {
    return list;
  }

  T read(String text) {
    return reader.read(text);
  }

  private static String kebab(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
