@NullMarked
package mailwing.smtp.data;

import org.jspecify.annotations.NullMarked;
