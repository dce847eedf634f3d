package mailwing.store.mime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// THREAD=REFERENCES (RFC 5256 section 3) and THREAD=REFS, without recursion: threads may be as
/// deep as the mailbox is long.
public final class ThreadByReferences {
  private static final int NONE = -1;

  private final List<Threadable> messages;

  // Nodes: the messages by their place, then stand-ins for messages that are not there.
  private int nodes;
  private final ThreadLinks links;
  private final int[] ranks;
  private long[] children = new long[16];

  // First and next of the trees without stand-ins.
  private int[] first = new int[0];
  private int[] next = new int[0];

  private List<Integer> roots = new ArrayList<>();

  /// Tells which of some messages, by their UIDs, reply or forward by their subjects.
  @FunctionalInterface
  public interface Replies {
    Set<Integer> among(Set<Integer> uids);
  }

  private ThreadByReferences(List<Threadable> messages) {
    this.messages = messages;
    this.nodes = messages.size();
    this.links = new ThreadLinks(nodes);
    this.ranks = ranks(messages);
  }

  /// THREAD=REFERENCES of messages, which come in the order of the mailbox.
  ///
  /// @param replies asked once, of what starts a thread and shares its subject with what starts
  ///   another
  public static Threads references(List<Threadable> messages, Replies replies) {
    var threading = new ThreadByReferences(messages);
    threading.link();
    threading.prune();
    threading.sortRoots();
    threading.mergeSubjects(replies);
    threading.sortAll();
    return threading.walk();
  }

  /// THREAD=REFS (draft-ietf-morg-inthread section 4): the same trees, none joined for its subject,
  /// the one to whom the latest message came last.
  public static Threads refs(List<Threadable> messages) {
    var threading = new ThreadByReferences(messages);
    threading.link();
    threading.prune();
    threading.sortAll();
    threading.sortByLatest();
    return threading.walk();
  }

  private boolean isStandIn(int node) {
    return node >= messages.size();
  }

  /// Step 1.
  private void link() {
    var byId = new HashTable(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      long id = messages.get(i).messageId();
      if (id != 0) {
        byId.putIfAbsent(id, i);
      }
    }
    for (int i = 0; i < messages.size(); i++) {
      int before = NONE;
      for (long reference : messages.get(i).references()) {
        int node = byId.putIfAbsent(reference, nodes);
        if (node == HashTable.NONE) {
          node = nodes++;
        }
        if (before != NONE && links.parent(node) == NONE) {
          links.join(before, node);
        }
        before = node;
      }
      if (links.parent(i) != before || before == NONE) {
        links.cut(i);
        if (before != NONE) {
          links.join(before, i);
        }
      }
    }
  }

  /// Steps 2 and 3: children take the place of a stand-in, but for those of a thread's head that
  /// has several.
  private void prune() {
    first = filled(nodes);
    next = filled(nodes);
    int[] last = filled(nodes);
    int[] order = links.order(nodes);
    for (int i = nodes - 1; i >= 0; i--) {
      int node = order[i];
      int parent = links.parent(node);
      if (parent == NONE) {
        continue;
      }
      // Brothers come youngest first here, so each goes before what is there.
      int from = isStandIn(node) ? first[node] : node;
      int to = isStandIn(node) ? last[node] : node;
      if (from == NONE) {
        continue;
      }
      next[to] = first[parent];
      if (first[parent] == NONE) {
        last[parent] = to;
      }
      first[parent] = from;
      if (isStandIn(node)) {
        first[node] = NONE;
      }
    }
    for (int node = 0; node < nodes; node++) {
      if (links.parent(node) == NONE) {
        int head = node;
        if (isStandIn(node) && (first[node] == NONE || next[first[node]] == NONE)) {
          head = first[node];
          first[node] = NONE;
        }
        if (head != NONE) {
          roots.add(head);
        }
      }
    }
  }

  private static int[] filled(int length) {
    int[] array = new int[length];
    Arrays.fill(array, NONE);
    return array;
  }

  /// The message whose date and subject a node goes by: itself, or the first of a stand-in's
  /// children.
  private int face(int node) {
    return isStandIn(node) ? first[node] : node;
  }

  /// By the places of messages, where each is in the order of dates.
  private static int[] ranks(List<Threadable> messages) {
    long[] dates = new long[messages.size()];
    int[] places = new int[dates.length];
    for (int i = 0; i < dates.length; i++) {
      dates[i] = messages.get(i).sentMillis();
      places[i] = i;
    }
    int[] order = StableOrder.of(places, dates, false);
    int[] ranks = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      ranks[order[i]] = i;
    }
    return ranks;
  }

  /// Nodes below their faces' ranks, of which no two are the same where they are put in order.
  private void sortByDate(long[] nodes, int count) {
    for (int i = 0; i < count; i++) {
      nodes[i] |= (long) ranks[face((int) nodes[i])] << Integer.SIZE;
    }
    Arrays.sort(nodes, 0, count);
  }

  private Threadable messageOf(int node) {
    return messages.get(face(node));
  }

  /// Step 4.
  private void sortRoots() {
    for (int root : roots) {
      if (isStandIn(root)) {
        sortChildren(root);
      }
    }
    sortRootsByDate();
  }

  private void sortRootsByDate() {
    long[] nodes = new long[roots.size()];
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = roots.get(i);
    }
    sortByDate(nodes, nodes.length);
    for (int i = 0; i < nodes.length; i++) {
      roots.set(i, (int) nodes[i]);
    }
  }

  private void sortChildren(int node) {
    if (first[node] == NONE || next[first[node]] == NONE) {
      return;
    }
    int count = 0;
    for (int child = first[node]; child != NONE; child = next[child]) {
      if (count == children.length) {
        children = Arrays.copyOf(children, count * 2);
      }
      children[count++] = child;
    }
    sortByDate(children, count);
    first[node] = (int) children[0];
    for (int i = 0; i < count; i++) {
      next[(int) children[i]] = i + 1 < count ? (int) children[i + 1] : NONE;
    }
  }

  /// By the places of the roots, a number for the subject of each; NONE where it is empty.
  private int[] subjects() {
    int[] numbers = new int[roots.size()];
    var bySubject = new HashTable(numbers.length);
    int next = 0;
    for (int i = 0; i < numbers.length; i++) {
      long subject = messageOf(roots.get(i)).baseSubject();
      int before = subject == 0 ? NONE : bySubject.putIfAbsent(subject, next);
      numbers[i] = subject != 0 && before == HashTable.NONE ? next++ : before;
    }
    return numbers;
  }

  private Set<Integer> sharing(int[] subjects) {
    int[] seen = filled(subjects.length);
    Set<Integer> uids = new HashSet<>();
    for (int i = 0; i < subjects.length; i++) {
      int subject = subjects[i];
      if (subject == NONE) {
        continue;
      }
      int root = roots.get(i);
      if (seen[subject] == NONE) {
        seen[subject] = root;
      } else {
        uids.add(messageOf(seen[subject]).uid());
        uids.add(messageOf(root).uid());
      }
    }
    return uids;
  }

  /// Step 5.
  private void mergeSubjects(Replies asked) {
    int[] subjects = subjects();
    Set<Integer> sharing = sharing(subjects);
    if (sharing.isEmpty()) {
      return;
    }
    Set<Integer> replies = asked.among(sharing);
    // By their numbers.
    int[] table = filled(subjects.length);
    for (int i = 0; i < subjects.length; i++) {
      int subject = subjects[i];
      if (subject == NONE) {
        continue;
      }
      int root = roots.get(i);
      int there = table[subject];
      if (there == NONE
          || (!isStandIn(there)
              && (isStandIn(root)
                  || (replies.contains(messages.get(there).uid())
                      && !replies.contains(messages.get(root).uid()))))) {
        table[subject] = root;
      }
    }
    var merged = new ArrayList<Integer>(subjects.length);
    // Roots that went below another.
    boolean[] below = new boolean[nodes];
    for (int i = 0; i < subjects.length; i++) {
      int root = roots.get(i);
      if (below[root]) {
        continue;
      }
      if (subjects[i] == NONE) {
        merged.add(root);
        continue;
      }
      int there = table[subjects[i]];
      if (there == root) {
        merged.add(root);
      } else if (isStandIn(there) && isStandIn(root)) {
        int child = first[root];
        while (child != NONE) {
          int brother = next[child];
          adopt(there, child);
          child = brother;
        }
        first[root] = NONE;
      } else if (isStandIn(there)
          || (replies.contains(messageOf(root).uid())
              && !replies.contains(messages.get(there).uid()))) {
        adopt(there, root);
      } else {
        int standIn = nodes++;
        first = ThreadLinks.grown(first, nodes);
        next = ThreadLinks.grown(next, nodes);
        adopt(standIn, there);
        adopt(standIn, root);
        below[there] = true;
        merged.add(standIn);
        table[subjects[i]] = standIn;
      }
    }
    merged.removeIf(root -> root < below.length && below[root]);
    roots = merged;
  }

  private void adopt(int parent, int child) {
    next[child] = first[parent];
    first[parent] = child;
  }

  /// Step 6. Only the head of a thread can be a stand-in, so the order of the sets does not matter.
  private void sortAll() {
    for (int node = 0; node < nodes; node++) {
      sortChildren(node);
    }
    sortRootsByDate();
  }

  private void sortByLatest() {
    long[] latest = new long[nodes];
    for (int root : roots) {
      latest[root] = latest(root);
    }
    roots.sort(
        Comparator.<Integer>comparingLong(root -> latest[root]).thenComparingInt(this::face));
  }

  /// The latest internal date in a tree.
  private long latest(int root) {
    long latest = Long.MIN_VALUE;
    var below = new ArrayDeque<Integer>();
    below.push(root);
    while (!below.isEmpty()) {
      int node = below.pop();
      if (!isStandIn(node)) {
        latest = Math.max(latest, messages.get(node).internalMillis());
      }
      for (int child = first[node]; child != NONE; child = next[child]) {
        below.push(child);
      }
    }
    return latest;
  }

  private Threads walk() {
    int[] uids = new int[nodes];
    int[] depths = new int[nodes];
    int[] stack = new int[nodes];
    int length = 0;
    for (int root : roots) {
      int depth = 0;
      int node = root;
      while (true) {
        uids[length] = isStandIn(node) ? 0 : messages.get(node).uid();
        depths[length++] = depth;
        if (first[node] != NONE) {
          stack[depth++] = node;
          node = first[node];
          continue;
        }
        while (depth > 0 && next[node] == NONE) {
          node = stack[--depth];
        }
        if (depth == 0) {
          break;
        }
        node = next[node];
      }
    }
    return new Threads(uids, depths, length);
  }
}
