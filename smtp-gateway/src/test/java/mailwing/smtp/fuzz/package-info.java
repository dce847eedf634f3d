/// Clients that mean harm, or only do what the formal syntax allows.
@NullMarked
package mailwing.smtp.fuzz;

import org.jspecify.annotations.NullMarked;
