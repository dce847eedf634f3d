/// TLS reports: what becomes of sessions is counted, and told to the domains that ask for it (RFC
/// 8460).
@NullMarked
package mailwing.smtp.report;

import org.jspecify.annotations.NullMarked;
