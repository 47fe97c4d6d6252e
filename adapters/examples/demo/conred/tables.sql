-- Disaster agency: INE codes as numbers, roads in kilometres, depths in metres.
CREATE TABLE emergencia (
    id INTEGER PRIMARY KEY,
    evento TEXT NOT NULL,               -- as people say it: inundación, derrumbe ...
    muni INTEGER,                       -- 101 is 0101
    anio INTEGER NOT NULL, mes INTEGER, dia INTEGER, hora INTEGER,
    aldea TEXT, fallecidos INTEGER, km_via REAL
);
CREATE TABLE temblor (
    red TEXT PRIMARY KEY, cuando TEXT NOT NULL, -- YYYY-MM-DD HH:MM, local time
    lat REAL, lon REAL, metros REAL, mag REAL, escala TEXT, revision TEXT -- A R
);
CREATE TABLE choque_publico (           -- traffic events received, class publica
    numero TEXT PRIMARY KEY, cuando TEXT, muni TEXT, tipo INTEGER, vehiculos INTEGER DEFAULT 0,
    personas INTEGER DEFAULT 0, sexo TEXT, edad INTEGER, resultado INTEGER, porque TEXT
);
CREATE TABLE alerta_recibida (stream TEXT, id TEXT, nivel TEXT, hasta TEXT, PRIMARY KEY(stream, id));
