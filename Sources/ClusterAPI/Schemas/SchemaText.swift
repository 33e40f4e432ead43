/// The schema table as text, a part per group; `SchemaTable` reads it once.
///
/// A part is lines:
/// ```
/// package io.k8s.api.core.v1                 prefix of the type names in OpenAPI documents
/// kind Pod v1 pods pod short(po) namespaced  a kind: type, group version, plural ("-": none), singular, attributes
/// type Container : Summary.                  a structure; `as X` names it in the API, `atomic` makes server-side apply own it whole
///   name 1 string ! : Summary.               a field: name, protobuf number ("-": none), type, flags
///   inline 2 VolumeSource                    the fields of another structure, nested in protobuf, flat in JSON
/// ```
/// Types are `string int32 int64 bool double quantity time microTime duration intOrString bytes fields any` or a structure, with `[]` in front
/// for an array and `{}` for a map from strings. Flags: `!` required; `=x` default; `enum(a,b)`; `map(k1,k2)` an array that is merged by these
/// keys (by the first in strategic merge patches; with `replace` not there); `merge(k)` merged by strategic merge patches only; `set`;
/// `retainKeys`; `atomic`; `bare` not optional in Swift; `zero` zero and false are values
/// of their own (Go has a pointer there), so that a protobuf body that holds them means them. Source of names, types and numbers: the Kubernetes API 1.32.
enum SchemaText {
    static let parts: [String] = [
        meta, pod, volumes, core, autoscalingV2, autoscalingV1, discovery, coordination, policy, storage, metrics, authorization, authentication, skysail,
    ]
}
