-- How sign-ins at a department's systems go: counts of a week that is still counted. `week` is ISO 8601 (2026-W40).
CREATE TABLE adoption_cell (
    week TEXT NOT NULL,
    client_id TEXT NOT NULL,
    cell TEXT NOT NULL,
    times BIGINT NOT NULL,
    -- Ten people are in it: nobody is listed any more.
    is_enough BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (week, client_id, cell)
);
-- By whom, as far as it takes to know that they are ten; under a keyed hash of the week, and only while it is counted.
CREATE TABLE adoption_person (
    week TEXT NOT NULL,
    client_id TEXT NOT NULL,
    cell TEXT NOT NULL,
    person BYTEA NOT NULL,
    -- How often they came less how often they went on. Two nodes may tell of it in either order.
    net BIGINT NOT NULL,
    PRIMARY KEY (week, client_id, cell, person)
);
-- What is shown of a week that is over, and all that is left of it.
CREATE TABLE adoption_week (
    client_id TEXT NOT NULL,
    week TEXT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (client_id, week)
);
CREATE INDEX adoption_week_age ON adoption_week (week);
