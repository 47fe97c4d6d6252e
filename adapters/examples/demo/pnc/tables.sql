-- Police: places by name, kinds by letters, dates as people write them.
CREATE TABLE novedad (
    correlativo TEXT PRIMARY KEY,
    fecha       TEXT NOT NULL,          -- DD/MM/YYYY
    hora        TEXT,                   -- HH:MM, NULL when nobody noted it
    departamento TEXT NOT NULL,
    lugar_muni  TEXT,
    zona        INTEGER,
    clase       TEXT NOT NULL           -- COL CHO VUE CAI ATR DER EMB ENC
);
CREATE TABLE unidad (                   -- the vehicles of a novedad
    correlativo TEXT NOT NULL, orden INTEGER NOT NULL,
    clase TEXT NOT NULL, color TEXT, anio INTEGER, ebrio TEXT,
    PRIMARY KEY (correlativo, orden)
);
CREATE TABLE victima (
    correlativo TEXT NOT NULL, orden INTEGER NOT NULL,
    sexo TEXT, edad INTEGER, resultado TEXT NOT NULL, internado TEXT,
    PRIMARY KEY (correlativo, orden)
);
CREATE TABLE busqueda (                 -- missing persons
    expediente TEXT PRIMARY KEY,
    tipo TEXT NOT NULL,                 -- AK IC OT
    estado TEXT NOT NULL,               -- ACT DES
    visto TEXT NOT NULL,                -- YYYY-MM-DD HH:MM, local time
    departamento TEXT NOT NULL, lugar_muni TEXT,
    sexo TEXT, edad INTEGER, nombre TEXT
);
CREATE TABLE aviso (                    -- alerts received
    emisor TEXT NOT NULL, numero TEXT NOT NULL, nivel TEXT, ambito TEXT,
    desde TEXT, hasta TEXT, PRIMARY KEY (emisor, numero)
);
CREATE TABLE aviso_area (emisor TEXT NOT NULL, numero TEXT NOT NULL, codigo TEXT NOT NULL);
CREATE TABLE riesgo (                   -- incidents received
    numero TEXT PRIMARY KEY, evento TEXT, muni TEXT, metros_via REAL, fallecidos INTEGER
);
