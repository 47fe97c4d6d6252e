-- Technical secretariat: alerts that it issues, and what it counts.
CREATE TABLE boletin (
    num INTEGER PRIMARY KEY, ambito TEXT NOT NULL, color TEXT NOT NULL, -- V A N R
    emitido TEXT NOT NULL, dura_horas INTEGER NOT NULL, texto TEXT      -- emitido: YYYY-MM-DD HH:MM
);
CREATE TABLE boletin_area (num INTEGER NOT NULL, codigo TEXT NOT NULL);
CREATE TABLE conteo_transito (
    id TEXT PRIMARY KEY, municipio TEXT, tipo INTEGER, fallecidos INTEGER DEFAULT 0,
    lesionados INTEGER DEFAULT 0, ebrios INTEGER DEFAULT 0, sin_sexo TEXT
);
CREATE TABLE conteo_riesgo (id TEXT PRIMARY KEY, evento TEXT, muertos INTEGER);
CREATE TABLE conteo_sismo (id TEXT PRIMARY KEY, magnitud REAL, km REAL);
CREATE TABLE conteo_busca (id TEXT PRIMARY KEY, alerta TEXT, estado TEXT, depto TEXT, porque TEXT);
