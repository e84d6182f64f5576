/* The protocol of a batch of cancels: call, readback, quota window, journal and resume.
 *
 * Two processes work at one batch of three actions. A process may crash between any two steps and is
 * started again. Requests and answers are lost or late, and the service may refuse a request with
 * 429. The names in comments are the functions of lua/mde that a step stands for.
 *
 * Asserted: an action is posted again only after a read, or after an answer that proves that the last
 * POST was not carried out; the service never counts more than LIMIT requests in its window; each
 * item ends with one verdict, which is true. Every loop spends a crash, a fault or a request, so that
 * each run is finite; one that stops before all items have ended is an invalid end state.
 *
 * Left out: parallel calls of one process, the quota of reads, a process that is stopped between its
 * commit and its send, and a lock that is lost without a crash.
 *
 * A mutant is chosen by -DNO_READ, -DLATE_INTENT or -DEARLY_SLOT.
 */

#define ITEMS     3
#define PROCESSES 2
#define LIMIT     2    /* requests in one window */
#define WINDOW    2    /* ticks */
#define TIMEOUT   1    /* ticks within which a request is carried out, or never */
#define CRASHES   2
#define FAULTS    2    /* lost requests, lost answers and 429s */
#define SLOTS     7    /* at most ITEMS + CRASHES + FAULTS POSTs */
#define NONE      255

/* The journal and the quota's windows: the store. */
byte sent[ITEMS];               /* events "sent" of an item */
bool ended[ITEMS];              /* its verdict */
byte lock = NONE;               /* the process that holds the batch */
byte slot[SLOTS];               /* ticks for which a slot still counts */

/* The service. */
bool cancelled[ITEMS];
byte counted[SLOTS];            /* ticks for which the service still counts a request */

/* The network: requests by number. */
mtype = { unsent, travelling, answered, throttled, unconnected, lost };
mtype request[SLOTS] = unsent;
byte target[SLOTS];
byte left[SLOTS];               /* ticks in which it is carried out, or never */

byte sending = 0;               /* processes between their commit and their send */
byte crashes = CRASHES, faults = FAULTS, number = 0;
bool may_post[ITEMS] = true;    /* a read or a proof has come since the last POST */
byte finished = 0;

#define COUNT(list)  ((list[0] > 0) + (list[1] > 0) + (list[2] > 0) + (list[3] > 0) \
                      + (list[4] > 0) + (list[5] > 0) + (list[6] > 0))

#define LATE(r)      (request[r] == travelling && left[r] == 0)
#define OVERDUE      (LATE(0) || LATE(1) || LATE(2) || LATE(3) || LATE(4) || LATE(5) || LATE(6))
#define RUNNING      (COUNT(slot) + COUNT(counted) + COUNT(left) > 0)

/* A service that carries a request out, or refuses it, or never sees it. */
active proctype service() {
  byte r;
end:
  do
  :: atomic {
       if
       :: request[0] == travelling -> r = 0
       :: request[1] == travelling -> r = 1
       :: request[2] == travelling -> r = 2
       :: request[3] == travelling -> r = 3
       :: request[4] == travelling -> r = 4
       :: request[5] == travelling -> r = 5
       :: request[6] == travelling -> r = 6
       fi;
       if
       :: assert(COUNT(counted) < LIMIT);
          counted[r] = WINDOW;
          cancelled[target[r]] = true;
          if
          :: request[r] = answered
          :: faults > 0 -> faults--; request[r] = lost
          fi
       :: faults > 0 -> faults--;
          if
          :: assert(COUNT(counted) < LIMIT); counted[r] = WINDOW;
             request[r] = throttled
          :: request[r] = unconnected
          :: request[r] = lost
          fi
       fi;
       r = 0
     }
  od
}

/* Time passes if no request is overdue, but not between a commit and its send. */
active proctype clock() {
  byte i;
end:
  do
  :: atomic {
       RUNNING && !OVERDUE && sending == 0 ->
       for (i : 0 .. SLOTS - 1) {
         if :: slot[i] > 0 -> slot[i]-- :: else fi;
         if :: counted[i] > 0 -> counted[i]-- :: else fi;
         if :: left[i] > 0 -> left[i]-- :: else fi
       }
       i = 0
     }
  od
}

#define MAY_CRASH  if :: atomic { crashes > 0 -> crashes--; goto crash } :: skip fi

/* Forgets a request whose answer was received: so there are fewer states. */
#define FORGET  request[mine] = unsent; target[mine] = 0; left[mine] = 0; mine = 0

/* mde cancel, then mde resume after each crash. */
proctype process(byte me) {
  byte i, item, mine;
  bool is_open;

start:
  atomic {                                        /* Batch:hold */
    lock == NONE || finished == ITEMS;
    if :: finished == ITEMS -> goto done :: else -> lock = me fi
  }

next:
  MAY_CRASH;
  atomic {                                        /* Batch:items: those sent before come first */
    item = NONE;
    for (i : 0 .. ITEMS - 1) {
      if :: !ended[i] && sent[i] > 0 && item == NONE -> item = i :: else fi
    }
    for (i : 0 .. ITEMS - 1) {
      if :: !ended[i] && item == NONE -> item = i :: else fi
    }
    i = 0;
    if :: item == NONE -> lock = NONE; goto done :: else fi
  }
#ifndef NO_READ
  if :: sent[item] > 0 -> goto read :: else fi;   /* read_first */
#endif

post:
  MAY_CRASH;
  atomic {                                        /* Quota:take, Batch:sent, Store:commit */
    COUNT(slot) < LIMIT;
    mine = number; number++;
    slot[mine] = TIMEOUT + WINDOW; sending++;
#ifndef LATE_INTENT
    sent[item]++
#endif
  }
  if :: atomic { crashes > 0 -> crashes--; sending--; goto crash } :: skip fi;
  atomic {                                        /* Engine:add */
    assert(may_post[item]);
    may_post[item] = false;
    sending--; target[mine] = item; left[mine] = TIMEOUT; request[mine] = travelling
  }
#ifdef LATE_INTENT
  MAY_CRASH;
  sent[item]++;
#endif
  MAY_CRASH;

  if                                              /* Call:receive, posted */
  :: atomic { request[mine] == answered ->
       slot[mine] = (slot[mine] < WINDOW -> slot[mine] : WINDOW); FORGET };
     goto settle
  :: atomic { request[mine] == throttled -> may_post[item] = true; FORGET };    /* Call:is_handled */
     goto post
  :: atomic { request[mine] == unconnected -> may_post[item] = true; slot[mine] = 0; FORGET };
     goto post
  :: atomic { request[mine] == lost && left[mine] == 0 ->
#ifdef EARLY_SLOT
       slot[mine] = 0;
#endif
       FORGET };                                  /* Quota:lost */
  fi;

read:                                             /* Call:look_up, judge_action */
  MAY_CRASH;
  if
  :: atomic { faults > 0 -> faults-- }; goto read /* Call:try_again */
  :: atomic { is_open = !cancelled[item]; may_post[item] = true }
  fi;
  MAY_CRASH;
  if :: is_open -> is_open = false; goto post :: else fi;

settle:                                           /* settle, Batch:ended, Store:commit */
  MAY_CRASH;
  atomic {
    assert(cancelled[item] && !ended[item]);
    ended[item] = true; finished++;
    goto next
  }

crash:
  atomic { if :: lock == me -> lock = NONE :: else fi; is_open = false; mine = 0; item = 0 };
  goto start;

done:
  skip
}

init {
  byte i;
  atomic { for (i : 1 .. PROCESSES) { run process(i) } }
  finished == ITEMS
}
