package mailwing.smtp.protocol;

import org.jspecify.annotations.Nullable;

/// An ESMTP parameter of MAIL or RCPT: the keyword in capitals and its value, if it has one (RFC
/// 5321 §4.1.2).
public record Parameter(String keyword, @Nullable String value) {}
