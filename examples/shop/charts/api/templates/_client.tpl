{{- /* The environment that psql and the API read the database's place and password from. */ -}}
{{- define "api.database" -}}
- name: PGPASSWORD
  valueFrom: { secretKeyRef: { name: database, key: password } }
- { name: PGHOST, value: {{ .Values.database }} }
- { name: PGUSER, value: shop }
- { name: PGDATABASE, value: shop }
- { name: PGCONNECT_TIMEOUT, value: "5" }
{{- end -}}
