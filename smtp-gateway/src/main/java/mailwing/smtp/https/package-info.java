/// A small client of HTTPS for what strangers' DNS names: bounded in time and size, no redirects.
@NullMarked
package mailwing.smtp.https;

import org.jspecify.annotations.NullMarked;
