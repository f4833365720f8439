"""Who waits for whom, and how long: every interval, timeout and share of time of the Python side.

What a person sets for one run (``tick_seconds``, ``sample_seconds``, ``checkpoint_seconds``) stands
in `ganviz.config`; what paces the browser stands in ``assets/lib/pacing.js``. Unless a name says
otherwise the unit is seconds; a ``SHARE`` is a part of the time (0 to 1).
"""

from __future__ import annotations

import datetime

# -- a training tells its events -------------------------------------------------------------------
# a run first reports after this long, if its ticks are not closer anyway: nobody waits for a sign
FIRST_TICK = 0.25
# the first checkpoint: a run that dies young is resumed, not begun anew
FIRST_CHECKPOINT = 5.0
# a plane of points is drawn so often, and the statistics are read with it, where no setting says
# otherwise
PLANE_INTERVAL = 0.2
# a sample grid is kept for looking back when both have passed since the last kept one
FRAME_KEEP_INTERVAL = 0.4
FRAME_KEEP_SHARE = 0.01
# of one processor core that FID and its kin may take, and of the time of a GPU that trains as well
FIDELITY_CORE_SHARE = 0.02
FIDELITY_GPU_SHARE = 0.1

# -- events go to the live socket ------------------------------------------------------------------
# at most so often a delta, and so often a poll for what does not notify (a run of another process)
DELTA_INTERVAL = 0.1
# the same while a run of this process trains: it notifies, and each poll takes the interpreter
# from the training for a moment
NOTIFIED_POLL_INTERVAL = 0.3
# a viewer costs so much of a core each time it is told of figures and fetches a picture; all
# viewers together get so many of both that they take this part of it
VIEWER_COST = 0.00075
VIEWERS_SHARE = 0.15
# what is appended at the same tick as the figures goes into their message
COALESCE_DELAY = 0.03
# a picture waits so long for the figures of the next tick: a page that draws both at once works
# half
FRAME_MAX_DELAY = 0.3
# a plane of points is drawn in no time, and five a second are to be seen soon: one that missed its
# figures goes by itself, with the next delta that may be sent
PLANE_MAX_DELAY = 0.05
# while a run is at work and has no news its clock moves so often; a viewer that asks for hellos
# without end gets one so often
STATUS_INTERVAL = 1.0
# a viewer that takes longer for one message is dropped; it reconnects from its cursor
SEND_TIMEOUT = 10.0
# a dropped viewer's closing handshake
CLOSE_TIMEOUT = 1.0
# what a class does (follow, polls) reaches a page at most so often
CLASS_INTERVAL = 0.04
# while a run trains on a GPU, threads get the interpreter after this long: a step launches dozens
# of operations in about a millisecond, and whatever draws, serves or measures beside it must not
# hold up each of them
GPU_SWITCH_INTERVAL = 0.0002
# after a failed broadcast
BROADCAST_RETRY_INTERVAL = 1.0

# -- latent requests and experiments ---------------------------------------------------------------
# while a run trains, pictures for sliders may take this part of one core ...
LATENT_SHARE = 0.2
# ... of which reading, answering and sending one takes so much, beside the drawing ...
LATENT_REQUEST_COST = 0.001
# ... but nobody who drags waits longer than this for the next pass
LATENT_LONGEST_REST = 0.14
# the directions of a generator that trains are computed again after this long ...
DIRECTIONS_INTERVAL = 1.0
# ... and take at most this part of the drawing thread's time
DIRECTIONS_SHARE = 0.05
# explorers share a copy of all networks of the run that trains for so long
EXPLORE_COPY_INTERVAL = 2.0
# one piece of an explorer's long work ends by then: the others wait for it
EXPLORE_TIMEOUT = 120.0
# the wall of a class is drawn at most so often, and takes at most this part of one core's time
WALL_INTERVAL = 1.0
WALL_SHARE = 0.05
# an experiment on a machine busier than it was thought to be ends early
EXPERIMENT_TIMEOUT = 40.0
# a duel, or several seeds at once, in the lab: how often a page gets news, and how long it may take
TRIAL_NEWS = 0.25
TRIAL_TIMEOUT = 120.0

# -- the lab ---------------------------------------------------------------------------------------
# while a page has the lab open a step is recorded at most so often, ...
LAB_INTERVAL = 0.25
# ... and recording takes at most this part of the training thread's time
LAB_SHARE = 0.08
# a page waits so long for a recorded step; while the run is paused it asks again after this long
LAB_TIMEOUT = 3.0
LAB_PAUSED_TIMEOUT = 1.0

# -- a run folder is written and followed ----------------------------------------------------------
LOG_FLUSH_INTERVAL = 0.2
SUMMARY_INTERVAL = 2.0
THUMBNAIL_INTERVAL = 10.0
# after a write that the disk refused
DISK_RETRY_INTERVAL = 3.0
# the time stamp that says "alive" to other machines, and how old it may be
HEARTBEAT_INTERVAL = 5.0
HEARTBEAT_TIMEOUT = 30.0
# a run of another process is read this often while it trains, and this often when it does not
FOLLOW_INTERVAL = 0.25
IDLE_FOLLOW_INTERVAL = 2.0
# while a long log is read, threads get the interpreter after this long instead of five
# milliseconds, and the reader sleeps this long after each part
READ_SWITCH_INTERVAL = 0.0005
READ_YIELD = 0.001
# whoever needs the whole log of a run asks this often whether it has been read
READ_POLL_INTERVAL = 0.05
# trackers get figures and pictures this often; the end of a run waits so long for slow ones
TRACKER_INTERVAL = 1.0
TRACKER_PICTURE_INTERVAL = 10.0
TRACKER_SHUTDOWN_GRACE = 15.0

# -- processes start, wait and end -----------------------------------------------------------------
# a main program looks this often whether its run has ended, a report whether it is to be stopped
JOIN_POLL_INTERVAL = 0.1
# a signal that comes so soon after the first is the same one, sent twice
REPEATED_SIGNAL_INTERVAL = 1.0
# lines of progress in a terminal that is no terminal
PROGRESS_LINE_INTERVAL = 2.0
# ... and later as a share of the time that has passed: 120 lines for a night of eight hours
PROGRESS_LINE_SHARE = 0.1
# a first Train is rehearsed once a browser that was opened at once has the page, which goes first
WARM_DELAY = 2.0
# Ctrl-C waits so long for the run to be saved
SHUTDOWN_GRACE = 1.8
# D's scores wait so long for the step in progress, and serve everybody for so long
SCORES_TIMEOUT = 3.0
SCORES_INTERVAL = 1.0
# a download that stalls
DOWNLOAD_TIMEOUT = 8.0
# the leader of several processes may be paused for long; after SIGTERM a follower waits so long
# for it
COLLECTIVE_TIMEOUT = datetime.timedelta(days=30)
FOLLOWER_SHUTDOWN_GRACE = 20.0

# -- what a browser may keep waiting ---------------------------------------------------------------
# from the connection, or the first byte of a further request, to the end of its headers
HEADER_TIMEOUT = 10.0
# from the headers to the end of the body
BODY_TIMEOUT = 10.0
# a browser that reads nothing of what it asked for
WRITE_TIMEOUT = 30.0
# an idle connection between two requests
KEEP_ALIVE = 5.0
# a live socket is asked for a sign of life this often, and waited for so long
PING_INTERVAL = 20.0
PING_TIMEOUT = 20.0
# the same line of the server's log is written once in this time
LOG_INTERVAL = 60.0
# a server that was told to start is waited for
SERVER_START_TIMEOUT = 20.0
