/// Content transfer encodings, for all who read or hand out MIME parts.
@NullMarked
package mailwing.service.mime;

import org.jspecify.annotations.NullMarked;
