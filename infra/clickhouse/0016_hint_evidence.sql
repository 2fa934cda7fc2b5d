-- What the advisor knew of each candidate: `pilotfish hints explain` shows it.
ALTER TABLE hints ADD COLUMN IF NOT EXISTS
    evidence Array(Tuple(approach String, attempts UInt32, successes Float64))
    COMMENT 'of each candidate: labelled attempts on this kind of problem, and how many worked'
    AFTER candidates;
