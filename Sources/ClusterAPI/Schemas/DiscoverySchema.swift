extension SchemaText {
    /// Endpoint slices.
    static let discovery = """
        package io.k8s.api.discovery.v1
        kind EndpointSlice discovery.k8s.io/v1 endpointslices endpointslice namespaced

        type EndpointSlice : A part of the addresses behind a service.
          metadata 1 ObjectMeta
          addressType 4 string ! enum(FQDN,IPv4,IPv6)
          endpoints 2 []Endpoint !
          ports 3 []EndpointSlicePort
        type Endpoint
          addresses 1 []string ! set
          conditions 2 EndpointConditions
          hostname 3 string
          targetRef 4 ObjectReference
          deprecatedTopology 5 {}string
          nodeName 6 string
          zone 7 string
          hints 8 EndpointHints
        type EndpointConditions
          ready 1 bool
          serving 2 bool
          terminating 3 bool
        type EndpointHints
          forZones 1 []ForZone
        type ForZone
          name 1 string !
        type EndpointSlicePort as EndpointPort atomic
          name 1 string =
          protocol 2 string =TCP enum(SCTP,TCP,UDP)
          port 3 int32
          appProtocol 4 string
        """
}
