-- Two people are connected once, whichever of them tells of it.
CREATE UNIQUE INDEX pairs ON connections (least(person, met), greatest(person, met));
