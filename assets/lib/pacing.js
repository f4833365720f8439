// @ts-check
// Everything that paces the page, in milliseconds: who waits how long, and why. The page shares the
// processors with the training, so that it draws as rarely as nobody notices.

// -- what a message brings is drawn at one time (schedule.js)

/** While a run trains and nobody touches the page, a drawing waits for the next message. */
export const IDLE_REDRAW = 600;
/** The figures of a message wait for its pictures, so that both need one frame only. */
export const PICTURE_WAIT = 80;
/** Who has just done something sees everything at once. */
export const INTERACTIVE = 1000;

// -- the live socket (stream.js)

/** The first attempt to connect anew after a socket has closed; each further one waits longer. */
export const RECONNECT_FIRST = 300;
export const RECONNECT_LONGEST = 5000;
/** So much longer each attempt waits; the chance of +-25 % keeps thirty pages apart. */
export const RECONNECT_GROWTH = 1.7;

/** While a kept run is looked at, the state of the one that trains is asked for so often. */
export const TRAINING_REFRESH = 1000;

/** What did not come is asked for again: a run that is paused sends no news that would ask. */
export const ASK_AGAIN = 4000;

// -- the class (class/follow.js)

/** What the presenter drags reaches the class at most so often. */
export const SHOWN_INTERVAL = 40;

// -- charts (train/charts.js)

/** A drawing that took t ms is followed by at least so many times t without one. */
export const CHART_IDLE_RATIO = 8;
/** A chart that is due waits so long for the next message: one frame can show what both bring. */
export const CHART_WAIT = 300;

/** Plotly, the heaviest file of the page, is fetched when somebody points at a chart, or after this
 * time: thirty students who join would wait for it together. Until then the curves are sketched. */
export const PLOTLY_AFTER = 20_000;

// -- latent pictures that only follow the training (latent/); what a person moves is never delayed

export const LATENT_REFRESH = 600;
/** Eight pictures cost eight times as much. */
export const STRIP_REFRESH = 3000;
/** A request that takes longer is called off, and a sentence says so. */
export const REQUEST_TIMEOUT = 8000;
/** The same of a file that the server draws first, such as a film of many pictures. */
export const FILE_TIMEOUT = 300_000;

/** While a sample is enlarged, D's score of it is asked again so often. */
export const SCORE_REFRESH = 2000;

// -- the lab (lab/)

/** The plane of samples moves at most so often while a run trains, and longer after a drawing that
 * took long: so many times as long without one. */
export const LAB_FRAME = 60;
export const LAB_IDLE_RATIO = 4;
/** A grid of latents takes so long from its square to its image. */
export const LAB_UNFOLD = 1600;

// -- the tab Class (class/)

/** The wall is fetched so often while the run trains. */
export const WALL_REFRESH = 2000;
/** Whether a run has answered a question is asked so often, once its time has come. */
export const ANSWER_REFRESH = 1500;

// -- the lab (lab/)

/** The next recorded step is asked for so long after one; the server holds it back to its share. */
export const LAB_REFRESH = 200;
/** The same on the pages of a class, of which there may be thirty; and activations everywhere. */
export const LAB_VIEWER_REFRESH = 1000;
/** After a refusal: a run that ended, or one that plays no game. */
export const LAB_RETRY = 2000;
/** A sub-step of a replayed step stays so long, at speed 1. */
export const LAB_SUB_STEP = 2000;

// -- the form (train/form.js)

/** Quiet typing before a live setting is sent. */
export const TYPING_PAUSE = 400;
/** A refusal's sentence stays so long. */
export const NOTICE = 8000;

// -- the tab Runs (runs/)

/** The table is read again while its tab is open. */
export const RUNS_REFRESH = 4000;
/** An export's progress. */
export const EXPORT_REFRESH = 700;
/** Quiet typing before notes are saved. */
export const NOTES_PAUSE = 600;
/** A long log's curves: a word says that they are being read, where it takes longer than this. */
export const LATE = 300;

// -- films of kept pictures (lib/player.js, the exported page)

/** Pictures a second at speed 1. */
export const FILM_RATE = 8;

// -- small things

/** A pointer rests so long on a term before its explanation opens, and leaves it so long before it
 * closes. */
export const TIP_OPEN = 250;
export const TIP_CLOSE = 120;
/** Points of a 2-D run move to their new places within this time. */
export const GLIDE = 320;
/** While planes come more often than this, points are simply where they are. */
export const GLIDE_AFTER = 700;

// -- the form

/** What a run would take is asked for once nobody has changed the form for so long. */
export const ESTIMATE_PAUSE = 900;
