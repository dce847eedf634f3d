@NullMarked
package mailwing.smtp.protocol;

import org.jspecify.annotations.NullMarked;
