/// What never changes once it is stored, bounded in octets.
@NullMarked
package mailwing.imap.cache;

import org.jspecify.annotations.NullMarked;
