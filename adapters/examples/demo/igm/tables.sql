-- Migration: what the border posts see.
CREATE TABLE puesto_transito (          -- traffic events: publica and interna
    ref TEXT PRIMARY KEY, fecha_hora TEXT, municipio TEXT, tipo INTEGER
);
CREATE TABLE puesto_persona (ref TEXT, sexo TEXT, edad INTEGER, resultado INTEGER, porque TEXT);
CREATE INDEX puesto_persona_ref ON puesto_persona (ref);
CREATE TABLE puesto_busca (             -- missing persons
    ref TEXT PRIMARY KEY, activa INTEGER NOT NULL, clase TEXT, sexo TEXT, edad INTEGER,
    nombre TEXT, municipio TEXT
);
CREATE TABLE puesto_alerta (origen TEXT, ref TEXT, nivel TEXT, texto TEXT, PRIMARY KEY (origen, ref));
