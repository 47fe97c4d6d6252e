-- What the publisher of a fault test notes down: plain incidents.
CREATE TABLE hecho(num INTEGER PRIMARY KEY, muni TEXT NOT NULL, dia TEXT NOT NULL);
