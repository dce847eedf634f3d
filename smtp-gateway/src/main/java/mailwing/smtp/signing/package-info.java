/// Mail that leaves in the name of our domains: which keys sign it, and that the DNS shows them.
@NullMarked
package mailwing.smtp.signing;

import org.jspecify.annotations.NullMarked;
