#include "CYAML.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct cyaml_parser {
    yaml_parser_t parser;
    yaml_event_t event;
    int has_event;
    int has_ended;
    unsigned char *bytes;
};

cyaml_parser *cyaml_parser_new(const uint8_t *bytes, size_t count) {
    cyaml_parser *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->bytes = malloc(count ? count : 1);
    if (!self->bytes || !yaml_parser_initialize(&self->parser)) {
        free(self->bytes);
        free(self);
        return NULL;
    }
    memcpy(self->bytes, bytes, count);
    yaml_parser_set_encoding(&self->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&self->parser, self->bytes, count);
    return self;
}

void cyaml_parser_free(cyaml_parser *self) {
    if (self->has_event) yaml_event_delete(&self->event);
    yaml_parser_delete(&self->parser);
    free(self->bytes);
    free(self);
}

static void fail(const yaml_parser_t *parser, struct cyaml_event *out) {
    out->kind = CYAML_FAILURE;
    out->text = parser->problem ? parser->problem : "out of memory";
    out->length = strlen(out->text);
    if (parser->error == YAML_READER_ERROR) {
        out->offset = (int64_t)parser->problem_offset;
    } else {
        out->line = parser->problem_mark.line;
        out->column = parser->problem_mark.column;
    }
}

void cyaml_parser_next(cyaml_parser *self, struct cyaml_event *out) {
    memset(out, 0, sizeof *out);
    out->offset = -1;
    for (;;) {
        if (self->has_ended) return;
        if (self->parser.error != YAML_NO_ERROR) return fail(&self->parser, out);
        if (self->has_event) yaml_event_delete(&self->event);
        self->has_event = yaml_parser_parse(&self->parser, &self->event);
        if (!self->has_event) return fail(&self->parser, out);
        const yaml_event_t *event = &self->event;
        out->line = event->start_mark.line;
        out->column = event->start_mark.column;
        switch (event->type) {
        case YAML_STREAM_START_EVENT: continue;
        case YAML_DOCUMENT_START_EVENT: out->kind = CYAML_DOCUMENT_START; return;
        case YAML_DOCUMENT_END_EVENT: out->kind = CYAML_DOCUMENT_END; return;
        case YAML_ALIAS_EVENT:
            out->kind = CYAML_ALIAS;
            out->anchor = (const char *)event->data.alias.anchor;
            return;
        case YAML_SCALAR_EVENT:
            out->kind = CYAML_SCALAR;
            out->anchor = (const char *)event->data.scalar.anchor;
            out->tag = (const char *)event->data.scalar.tag;
            out->text = (const char *)event->data.scalar.value;
            out->length = event->data.scalar.length;
            out->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
            return;
        case YAML_SEQUENCE_START_EVENT:
            out->kind = CYAML_SEQUENCE_START;
            out->anchor = (const char *)event->data.sequence_start.anchor;
            return;
        case YAML_SEQUENCE_END_EVENT: out->kind = CYAML_SEQUENCE_END; return;
        case YAML_MAPPING_START_EVENT:
            out->kind = CYAML_MAPPING_START;
            out->anchor = (const char *)event->data.mapping_start.anchor;
            return;
        case YAML_MAPPING_END_EVENT: out->kind = CYAML_MAPPING_END; return;
        default:
            self->has_ended = 1;
            out->kind = CYAML_END;
            return;
        }
    }
}
